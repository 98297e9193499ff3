import { USER_ROLES, type UserRole } from '@switchroom/protocol';

const HOST: UserRole[] = ['host'];
const ADMINISTRATOR: UserRole[] = ['administrator'];
const OFFICER: UserRole[] = ['compliance-officer'];
const AUDITOR: UserRole[] = ['auditor'];
const ALL: UserRole[] = [...USER_ROLES];

/** Who may ask this; everybody else gets 403, whatever they ask for. */
export const ALLOWED: Record<string, UserRole[]> = {
  'DELETE /sessions': ALL,
  'GET /users': ADMINISTRATOR,
  'POST /users': ADMINISTRATOR,
  'GET /users/me': ALL,
  'PUT /users/me/password': ALL,
  'GET /users/{id}': ADMINISTRATOR,
  'PATCH /users/{id}': ADMINISTRATOR,
  'DELETE /users/{id}': ADMINISTRATOR,
  'POST /meetings': HOST,
  'GET /meetings/{id}': HOST,
  'PATCH /meetings/{id}': HOST,
  'DELETE /meetings/{id}': ['administrator', 'host'],
  'POST /meetings/{id}/recording': HOST,
  'GET /meetings/{id}/participants': HOST,
  'PATCH /meetings/{id}/participants/{participantId}': HOST,
  'DELETE /meetings/{id}/participants/{participantId}': HOST,
  'POST /meetings/{id}/mute-all': HOST,
  'POST /meetings/{id}/calls': HOST,
  'GET /meetings/{id}/calls': HOST,
  'DELETE /meetings/{id}/calls/{callId}': HOST,
  'GET /recordings': ['host', 'compliance-officer'],
  'GET /recordings/{id}': ['host', 'compliance-officer'],
  'GET /recordings/{id}/statements': ['host', 'compliance-officer'],
  'GET /recordings/{id}/consents': ['host', 'compliance-officer'],
  'GET /recordings/{id}/timeline': ['host', 'compliance-officer'],
  // Hosts only where the policy lets them.
  'GET /recordings/{id}/audio': OFFICER,
  'GET /recordings/{id}/tracks/{trackId}/audio': OFFICER,
  'GET /recordings/{id}/tracks/{trackId}/peaks': OFFICER,
  'GET /recordings/{id}/export': OFFICER,
  'DELETE /recordings/{id}': OFFICER,
  'PUT /recordings/{id}/hold': OFFICER,
  'DELETE /recordings/{id}/hold': OFFICER,
  'DELETE /recordings/{id}/deletion': OFFICER,
  'GET /recording-policy': ['administrator', 'compliance-officer', 'auditor'],
  // Officers confirm what an administrator has asked for.
  'PUT /recording-policy': ['administrator', 'compliance-officer'],
  'GET /tombstones': ['compliance-officer', 'auditor'],
  'GET /tombstones/{id}': ['compliance-officer', 'auditor'],
  'GET /audit': AUDITOR,
  'GET /audit/export': AUDITOR,
  'GET /audit/verify': AUDITOR,
  'GET /trunks': ADMINISTRATOR,
  'POST /trunks': ADMINISTRATOR,
  'GET /trunks/{id}': ADMINISTRATOR,
  'PATCH /trunks/{id}': ADMINISTRATOR,
  'DELETE /trunks/{id}': ADMINISTRATOR,
  'GET /dids': ADMINISTRATOR,
  'POST /dids': ADMINISTRATOR,
  'GET /dids/{id}': ADMINISTRATOR,
  'PATCH /dids/{id}': ADMINISTRATOR,
  'DELETE /dids/{id}': ADMINISTRATOR,
  'GET /dial-out': ADMINISTRATOR,
  'PUT /dial-out': ADMINISTRATOR,
  'GET /alarms': ['administrator', 'compliance-officer'],
  'DELETE /alarms/{id}': OFFICER,
  'GET /alarm-webhook': ADMINISTRATOR,
  'PUT /alarm-webhook': ADMINISTRATOR,
};
/** Without a sign-in. */
export const OPEN = ['POST /sessions', 'GET /join/{joinToken}'];
