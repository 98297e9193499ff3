import { expect, it } from 'vitest';
import { listenIpFor } from './listenIp.ts';

it.each([
  ['127.0.0.1', '127.0.0.1'],
  ['127.1.2.3', '127.1.2.3'],
  ['localhost', '127.0.0.1'],
  ['::1', '::1'],
  ['203.0.113.7', '0.0.0.0'],
  ['sfu.example.org', '0.0.0.0'],
  ['2001:db8::1', '::'],
])('for %s WebRTC listens on %s', (announced, listen) => {
  expect(listenIpFor(announced)).toBe(listen);
});
