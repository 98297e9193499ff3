import { AppError, type ErrorCode, type User, type UserRole } from '@switchroom/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { userAt, nobodyAt, type AuditSource, type AuditTrail } from '../audit/AuditTrail.ts';
import { hasRole } from '../identity/roles.ts';
import type { Sessions } from '../identity/Sessions.ts';
import { describeIssue } from '../signaling/handle.ts';

/** One REST call: what `openapi.json` says of it, and what answers it. */
export interface EndpointDefinition<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Under `/api/v1`, as express writes it. */
  path: string;
  summary: string;
  /** Whether it needs a signed-in user. */
  auth: boolean;
  /** One of which that user must have; others get `forbidden`, whatever they ask for. Left out: any. */
  roles?: readonly UserRole[];
  params?: Params;
  query?: Query;
  body?: Body;
  status: number;
  /** The JSON that it answers with, or the media type of a stream; neither when there is no body. */
  response?: z.ZodType;
  mediaType?: string;
  /** What can go wrong, besides `bad-request` and, with `auth`, `unauthenticated` (and `forbidden`). */
  errors?: ErrorCode[];
  handle: (call: {
    params: z.output<Params>;
    query: z.output<Query>;
    body: z.output<Body>;
    user: User;
    /** The same user, as the audit trail has it. */
    source: AuditSource;
    token: string;
    request: Request;
    response: Response;
  }) => unknown;
}

/** With its type parameters put away, as lists of endpoints hold it. */
export interface Endpoint extends Omit<EndpointDefinition, 'handle'> {
  listener: (deps: { sessions: Sessions; trail: AuditTrail }) => RequestHandler;
}

const NOBODY: User = { id: '', email: '', role: 'host', roles: [] };

export function endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
>(definition: EndpointDefinition<Params, Query, Body>): Endpoint {
  const { params, query, body, auth, status, handle, ...rest } = definition;
  const listener: Endpoint['listener'] = ({ sessions, trail }) => {
    return async (request, response) => {
      const token = bearerToken(request);
      const user = auth ? await userOf(token, sessions) : NOBODY;
      const source = auth ? userAt(user, request.ip) : nobodyAt(request.ip);
      const { roles, method, path } = definition;
      if (roles && !hasRole(user, ...roles)) {
        await trail.append({
          ...{ ...source, action: 'access.refused', outcome: 'refused' },
          subject: { type: 'call', id: null },
          details: { method: method.toUpperCase(), path },
        });
        throw new AppError('forbidden', `Only these roles may do this: ${roles.join(', ')}.`);
      }
      const answer = await handle({
        params: addressed(params, request.params) as z.output<Params>,
        query: parse(query, request.query) as z.output<Query>,
        body: parse(body, request.body) as z.output<Body>,
        user,
        source,
        token,
        request,
        response,
      });
      // A handler that streams has answered by itself.
      if (response.headersSent) return;
      if (answer === undefined) response.status(status).end();
      else response.status(status).json(answer);
    };
  };
  return {
    ...rest,
    auth,
    status,
    listener,
    ...(params && { params }),
    ...(query && { query }),
    ...(body && { body }),
  };
}

function parse(schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError('bad-request', describeIssue(parsed.error));
}

/** An id that none of ours could be is one that is not there. */
function addressed(schema: z.ZodType | undefined, value: unknown): unknown {
  const parsed = schema?.safeParse(value);
  if (parsed?.success === false) throw new AppError('not-found', 'There is nothing of this id.');
  return parsed?.data ?? {};
}

/** RFC 6750 section 2.1; empty when there is none. */
function bearerToken(request: Request): string {
  return /^Bearer +([\w.~+/=-]{1,256}) *$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
}

async function userOf(token: string, sessions: Sessions): Promise<User> {
  const user = token === '' ? undefined : await sessions.find(token);
  if (!user) throw new AppError('unauthenticated', 'Sign in first.');
  return user;
}
