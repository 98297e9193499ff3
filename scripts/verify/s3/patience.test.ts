import { expect, it } from 'vitest';
import { patiently } from './patience.mjs';

const NOW = Date.parse('2026-03-01T10:00:00Z');

/** Answers one after the other, and what was waited meanwhile. */
async function ask(...answers: (Response | Error)[]) {
  const waits: number[] = [];
  const left = [...answers];
  const time = { now: () => NOW, sleep: async (ms: number) => void waits.push(ms) };
  const next = async (): Promise<Response> => {
    const answer = left.shift();
    if (answer instanceof Response) return answer;
    throw answer ?? new Error('asked once more');
  };
  const result = await patiently(next, time).then(
    ({ status }) => status,
    (error: unknown) => (error as Error).message,
  );
  return { result, waits, left: left.length };
}
const answer = (status: number, after?: string): Response =>
  new Response('', { status, headers: after === undefined ? {} : { 'retry-after': after } });

it('patiently() waits longer each time for what passes, and for no answer at all', async () => {
  const reset = new Error('reset');
  expect(await ask(answer(503), reset, answer(500), answer(200))).toEqual({
    ...{ result: 200, waits: [500, 1000, 2000], left: 0 },
  });
});

it('patiently() takes every other answer at once', async () => {
  for (const status of [200, 206, 307, 403, 404, 412]) {
    expect(await ask(answer(status))).toEqual({ result: status, waits: [], left: 0 });
  }
});

it('patiently() gives up after four waits, with the last answer or error', async () => {
  const busy = Array.from({ length: 6 }, () => answer(503));
  expect(await ask(...busy)).toEqual({ result: 503, waits: [500, 1000, 2000, 4000], left: 1 });
  const away = Array.from({ length: 5 }, (_, index) => new Error(`no ${index}`));
  expect((await ask(...away)).result).toBe('no 4');
});

it('patiently() waits as long as it is asked to, by seconds or a date, but no more than a minute', async () => {
  const asked = [answer(503, '7'), answer(429, 'Sun, 01 Mar 2026 10:00:30 GMT')];
  const senseless = [answer(503, 'soon'), answer(503, 'Sun, 01 Mar 2026 09:00:00 GMT')];
  expect((await ask(...asked, ...senseless, answer(200))).waits).toEqual([
    ...[7000, 30_000, 2000, 4000],
  ]);
  expect(await ask(answer(503, '61'), answer(200))).toEqual({ result: 503, waits: [], left: 1 });
});
