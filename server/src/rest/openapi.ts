import { errorStatus, type ErrorCode } from '@switchroom/protocol';
import { z } from 'zod';
import type { Endpoint } from './Endpoint.ts';
import { problemSchema } from './problem.ts';

type Json = Record<string, unknown>;

const PROBLEM = {
  'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
};

/** The OpenAPI 3.1 description of these endpoints, made of what they parse and answer. */
export function openapi(endpoints: Endpoint[]): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const path = endpoint.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method]: operation(endpoint) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Switchroom', version: '1' },
    servers: [{ url: '/api/v1' }],
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemSchema, 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function operation(endpoint: Endpoint): Json {
  const { summary, auth, roles, params, query, body } = endpoint;
  return {
    summary,
    ...(auth && { security: [{ bearer: [] }] }),
    ...(roles && { description: `Needs one of the roles ${roles.join(', ')}.`, 'x-roles': roles }),
    parameters: [...parameters(params, 'path'), ...parameters(query, 'query')],
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(body, 'input') } },
      },
    }),
    responses: {
      [endpoint.status]: { description: summary, ...content(endpoint) },
      ...(endpoint.mediaType === 'audio/ogg' && {
        206: { description: 'The range asked for', ...content(endpoint) },
      }),
      ...problems(endpoint),
    },
  };
}

function content({ response, mediaType }: Endpoint): Json {
  if (response) {
    return { content: { 'application/json': { schema: jsonSchema(response, 'output') } } };
  }
  return mediaType === undefined ? {} : { content: { [mediaType]: {} } };
}

/** Several codes can share a status. */
function problems({ auth, roles, body, errors = [] }: Endpoint): Json {
  const codes: ErrorCode[] = [
    'bad-request',
    ...(body ? ['payload-too-large' as const] : []),
    ...(auth ? ['unauthenticated' as const] : []),
    ...(roles ? ['forbidden' as const] : []),
    ...errors,
  ];
  const byStatus = Map.groupBy(new Set(codes), (code) => errorStatus[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      { description: `code: ${some.join(', ')}`, content: PROBLEM },
    ]),
  );
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: property,
  }));
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
