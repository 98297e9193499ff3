import { describe, expect, test } from 'vitest';
import { Progress } from './Progress.mjs';

function make(isTTY: boolean): { progress: Progress; written: string[]; clock: { now: number } } {
  const written: string[] = [];
  const clock = { now: 0 };
  const out = { isTTY, write: (text: string) => written.push(text) };
  return { progress: new Progress(out, () => clock.now), written, clock };
}

describe('Progress', () => {
  test('in a pipe: a line at the start, one now and then, one at the end', () => {
    const { progress, written, clock } = make(false);
    progress.start(2, 5, 'worker');
    for (let i = 0; i <= 250; i += 1) {
      clock.now = i * 100;
      progress.percent(i * 0.4);
    }
    progress.done('built');
    expect(written).toEqual([
      '[2/5] worker…\n',
      '[2/5] worker… 40 %\n',
      '[2/5] worker… 80 %\n',
      '[2/5] worker: built (25 s)\n',
    ]);
  });

  test('on a terminal: one line that rewrites itself', () => {
    const { progress, written } = make(true);
    progress.start(1, 1, 'worker');
    progress.percent(41.9);
    progress.percent(41.99);
    progress.done();
    expect(written).toEqual([
      '\r[1/1] worker…\u001b[K',
      '\r[1/1] worker… 41 %\u001b[K',
      '\r[1/1] worker: done (0 s)\u001b[K',
      '\n',
    ]);
  });

  test('end() leaves the line of a step that broke off, once', () => {
    const { progress, written } = make(true);
    progress.end();
    progress.start(1, 1, 'worker');
    progress.end();
    progress.end();
    expect(written).toEqual(['\r[1/1] worker…\u001b[K', '\n']);
  });
});
