import { AppError, type ErrorCode, type User } from '@switchroom/protocol';
import type { Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
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
  /** Whether that user must be an administrator; others get `forbidden`. */
  administrator?: boolean;
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
    token: string;
    request: Request;
    response: Response;
  }) => unknown;
}

/** With its type parameters put away, as lists of endpoints hold it. */
export interface Endpoint extends Omit<EndpointDefinition, 'handle'> {
  listener: (sessions: Sessions) => RequestHandler;
}

const NOBODY: User = { id: '', email: '', role: 'host' };

export function endpoint<
  Params extends z.ZodType = z.ZodType,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
>(definition: EndpointDefinition<Params, Query, Body>): Endpoint {
  const { params, query, body, auth, status, handle, ...rest } = definition;
  const listener = (sessions: Sessions): RequestHandler => {
    return async (request, response) => {
      const token = bearerToken(request);
      const user = auth ? await userOf(token, sessions) : NOBODY;
      if (definition.administrator === true && user.role !== 'administrator') {
        throw new AppError('forbidden', 'Only administrators may do this.');
      }
      const answer = await handle({
        params: parse(params, request.params) as z.output<Params>,
        query: parse(query, request.query) as z.output<Query>,
        body: parse(body, request.body) as z.output<Body>,
        user,
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

/** RFC 6750 section 2.1; empty when there is none. */
function bearerToken(request: Request): string {
  return /^Bearer +([\w.~+/=-]{1,256}) *$/i.exec(request.get('authorization') ?? '')?.[1] ?? '';
}

async function userOf(token: string, sessions: Sessions): Promise<User> {
  const user = token === '' ? undefined : await sessions.find(token);
  if (!user) throw new AppError('unauthenticated', 'Sign in first.');
  return user;
}
