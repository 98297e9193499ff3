import { expect, test } from 'vitest';
import { greeting } from './greeting.ts';

const server = { url: 'http://127.0.0.1:3000', dataDir: '/d' };
const phones = { sipUri: 'sip:+15550100@127.0.0.1:5060', numbers: ['+15550100'] };
const READY =
  'Switchroom is ready: open http://127.0.0.1:3000, or dial +15550100 (sip:+15550100@127.0.0.1:5060); data lies in /d';

test('greeting() is one line that tells URL, number, SIP address and data', () => {
  expect(greeting(server, phones)).toBe(READY);
});

test('greeting() tells the first administrator before that line', () => {
  const made = { ...server, adminEmail: 'admin@localhost', adminPassword: 'correct horse' };
  expect(greeting(made, phones).split('\n')).toEqual([
    'First administrator (told once, note it): admin@localhost, password correct horse',
    READY,
  ]);
});
