import type { CallView, DialOutPolicy } from '@switchroom/protocol';
import { eventually } from '../eventually.ts';
import type { Switchroom } from '../Switchroom.ts';

/** A trunk for calls to the outside; gives its id. */
export async function outboundTrunk(
  switchroom: Switchroom,
  name: string,
  outbound: object,
): Promise<string> {
  const body = { name, outbound: { callerId: '+15550177', ...outbound } };
  const answer = await switchroom.rest.raw('POST', '/trunks', body);
  if (answer.status !== 201) throw new Error(`No trunk: ${JSON.stringify(answer.body)}`);
  return (answer.body as { id: string }).id;
}

/** What may be called, whatever is not named as at first. */
export async function allowCalls(
  switchroom: Switchroom,
  policy: Partial<DialOutPolicy>,
): Promise<void> {
  const { status } = await switchroom.rest.raw('PUT', '/dial-out', policy);
  if (status !== 200) throw new Error(`The policy was answered ${status}.`);
}

/** Places a call; the id of a call that was taken, or the code of the refusal. */
export async function placeCall(
  switchroom: Switchroom,
  meetingId: string,
  call: { number: string; name?: string; language?: string },
): Promise<{ id: string } | { status: number; code: string }> {
  const answer = await switchroom.rest.raw('POST', `/meetings/${meetingId}/calls`, call);
  if (answer.status === 202) return { id: (answer.body as CallView).id };
  return { status: answer.status, code: (answer.body as { code: string }).code };
}

export async function callsOf(switchroom: Switchroom, meetingId: string): Promise<CallView[]> {
  const { body } = await switchroom.rest.raw('GET', `/meetings/${meetingId}/calls`);
  return body as CallView[];
}

/** Waits until the latest call of a name has come so far, as the list tells. */
export async function callIs(
  switchroom: Switchroom,
  meetingId: string,
  name: string,
  state: CallView['state'],
  within?: number,
): Promise<CallView> {
  return eventually(
    async () => {
      const call = (await callsOf(switchroom, meetingId)).findLast((one) => one.name === name);
      if (call?.state !== state) throw new Error(JSON.stringify(call));
      return call;
    },
    { what: `the call of ${name} to be ${state}`, ...(within !== undefined && { within }) },
  );
}
