import { expect, it } from 'vitest';
import { joinTokenOf } from './joinTokenOf.ts';

it.each([
  ['http://127.0.0.1:3000/m/abcDEF_-123', 'abcDEF_-123'],
  ['  https://meet.example/m/token123?processing=off#x ', 'token123'],
  ['/m/token123', 'token123'],
  ['token12345', 'token12345'],
  ['', undefined],
  ['https://example.org/', undefined],
  ['/m/', undefined],
  ['/m/%E0%A4%A', undefined],
  ['hello there', undefined],
])('joinTokenOf(%j) is %j', (pasted, token) => {
  expect(joinTokenOf(pasted)).toBe(token);
});
