import { expect, it } from 'vitest';
import { askSession, ownSession, wantedSession } from './sessionTimer.ts';

const having = (
  headers: Record<string, string>,
): { has: (name: string) => boolean; get: (name: string) => string } => ({
  has: (name) => name in headers,
  get: (name) => headers[name] ?? '',
});

it('our 200 keeps a timer of its own, unless the caller asks for one', () => {
  const own = { 'Session-Expires': '1800;refresher=uas' };
  expect(ownSession(having({}))).toEqual(own);
  expect(ownSession(having({ Supported: '100rel, timer' }))).toEqual(own);
  expect(ownSession(having({ 'Session-Expires': '600' }))).toEqual({});
  expect(ownSession(having({ x: '600;refresher=uac' }))).toEqual({});
  // The SIP server refuses this with 422.
  expect(ownSession(having({ 'Session-Expires': '60', Supported: 'timer' }))).toEqual({});
  // And this it would pass over.
  expect(ownSession(having({ 'Session-Expires': '60' }))).toEqual(own);
});

it('our INVITE asks for half an hour, or for what a 422 wants', () => {
  expect(askSession()).toEqual({ Supported: 'timer', 'Session-Expires': '1800' });
  const refusal = Object.assign(new Error('422'), { status: 422, res: { get: () => '3600' } });
  expect(wantedSession(refusal)).toBe(3600);
  expect(askSession(3600)).toMatchObject({ 'Session-Expires': '3600', 'Min-SE': '3600' });
});

it.each([
  [{ status: 422, res: { get: () => '60' } }],
  [{ status: 422, res: { get: () => 'soon' } }],
  [{ status: 486, res: { get: () => '3600' } }],
  [{}],
])('a refusal that wants no longer one is final: %j', (more) => {
  expect(wantedSession(Object.assign(new Error('refused'), more))).toBeUndefined();
});
