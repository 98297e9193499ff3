import { fork, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePortRange } from '../../support/net/freePort.ts';
import { FakeMeetingServer, PIN, TOKEN } from './FakeMeetingServer.ts';
import { UdpCaller } from './UdpCaller.ts';

/* sip-dialin as the supervisor runs it. */

const MAIN = new URL('../../../sip-dialin/src/main.ts', import.meta.url);

let server: FakeMeetingServer;
let child: ChildProcess | undefined;

beforeEach(async () => {
  server = new FakeMeetingServer();
  await server.start();
});

afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }
  await server.stop();
});

async function start(env: Record<string, string>): Promise<unknown> {
  const { min, max } = await freePortRange(20);
  child = fork(MAIN, {
    env: {
      ...process.env,
      SIP_PORT: '0',
      RTP_PORTS: `${min}-${max}`,
      SIGNALING_URL: server.url,
      SERVICE_TOKEN: TOKEN,
      LOG_LEVEL: 'silent',
      ...env,
    },
  });
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

async function exitCode(): Promise<unknown> {
  const [code] = (await once(child!, 'exit')) as [number | null];
  return code;
}

it('tells what to dial, takes calls, and says BYE to them on SIGTERM', async () => {
  const message = (await start({})) as { info: { sipUri: string } };
  expect(message).toEqual({
    type: 'ready',
    info: {
      sipUri: expect.stringMatching(/^sip:\+15550100@127\.0\.0\.1:\d+$/) as string,
      numbers: ['+15550100'],
    },
  });
  const phone = await UdpCaller.open(message.info.sipUri);
  const answer = await phone.invite();
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('m=audio');
  await phone.keys(`${PIN}#`);

  const exited = exitCode();
  child?.kill('SIGTERM');
  await phone.gotBye();
  expect(await exited).toBe(0);
  phone.close();
});

it('ends when its supervisor does', async () => {
  await start({});
  const exited = exitCode();
  child?.disconnect();
  expect(await exited).toBe(0);
});

it('says in one line that the SIP port is taken', async () => {
  const other = createSocket('udp4').bind(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address();
  const message = await start({ SIP_PORT: String(port) });
  expect(message).toMatchObject({ type: 'failed' });
  const { message: text } = message as { message: string };
  expect(text).toContain(String(port));
  expect(text).not.toContain('\n');
  expect(await exitCode()).toBe(1);
  other.close();
});

it('says which setting is wrong', async () => {
  const message = await start({ RTP_PORTS: '5-2' });
  expect(message).toEqual({
    type: 'failed',
    message: expect.stringMatching(/^RTP_PORTS: /) as string,
  });
  expect(await exitCode()).toBe(1);
});
