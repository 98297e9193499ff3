import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortRange } from './net/freePort.ts';
import { Child } from './process/Child.ts';
import { RestClient } from './RestClient.ts';

const ROOT = join(import.meta.dirname, '../..');
export const ADMIN = { ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'correct horse battery' };
const onePort = async (): Promise<number> => (await freePortRange(2)).min;

/** A phone needs two of these. */
const RTP_PORTS = 200;

export interface SwitchroomOptions {
  env?: NodeJS.ProcessEnv;
}

/**
 * The whole of Switchroom as `npm start` runs it (server, sip-dialin and recorder under one supervisor),
 * on ports of its own, with a data folder of its own.
 */
export class Switchroom {
  /** Origin of the app and of the REST API. */
  readonly url: string;
  /** `127.0.0.1:port`, UDP and TCP. */
  readonly sipAddress: string;
  /** Where WebRTC media comes in, UDP and TCP. */
  readonly rtcPort: number;
  /** UDP: phones' media, and what goes to the SFU. */
  readonly rtpPorts: { min: number; max: number };
  readonly dataDir: string;
  /** Signed in as the administrator. */
  readonly rest: RestClient;
  readonly #process: Child;
  #stopped = false;

  private constructor(
    process: Child,
    ports: { http: number; sip: number; rtc: number; rtp: { min: number; max: number } },
    dataDir: string,
  ) {
    this.#process = process;
    this.url = `http://127.0.0.1:${ports.http}`;
    this.sipAddress = `127.0.0.1:${ports.sip}`;
    this.rtcPort = ports.rtc;
    this.rtpPorts = ports.rtp;
    this.dataDir = dataDir;
    this.rest = new RestClient(this.url);
  }

  /** Resolves when it says that it is ready and the administrator is signed in. */
  static async start(options: SwitchroomOptions = {}): Promise<Switchroom> {
    const dataDir = await mkdtemp(join(tmpdir(), 'switchroom-'));
    const [http, sip, rtc] = [await onePort(), await onePort(), await onePort()];
    const rtp = await freePortRange(RTP_PORTS);
    const child = new Child({
      name: 'Switchroom',
      command: process.execPath,
      args: ['--disable-warning=ExperimentalWarning', 'scripts/run.ts'],
      cwd: ROOT,
      env: {
        ...process.env,
        ...ADMIN,
        HTTP_PORT: String(http),
        SIP_PORT: String(sip),
        // One worker has one port; a test room needs no more.
        RTC_PORT: String(rtc),
        RTC_WORKERS: '1',
        RTP_PORTS: `${rtp.min}-${rtp.max}`,
        DATA_DIR: dataDir,
        NODE_ENV: 'production',
        ...options.env,
      },
    });
    const switchroom = new Switchroom(child, { http, sip, rtc, rtp }, dataDir);
    try {
      // The greeting is the last that is said of the start.
      await child.waitFor(new RegExp(`sip:\\S+:${sip}[^]*${dataDir}`), 60_000);
      await switchroom.rest.signIn(ADMIN.ADMIN_EMAIL, ADMIN.ADMIN_PASSWORD);
    } catch (error) {
      await switchroom.stop().catch(() => {});
      throw error;
    }
    return switchroom;
  }

  /** All that its processes logged so far. */
  get log(): string {
    return this.#process.output;
  }

  get running(): boolean {
    return this.#process.running;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ends it as Ctrl-C does; rejects when it does not end cleanly. Twice is silent. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const { code, signal } = await this.#process.stop({ signal: 'SIGINT', grace: 15_000 });
    await rm(this.dataDir, { recursive: true, force: true });
    if (code !== 0) {
      const how = `code ${String(code)}, signal ${String(signal)}`;
      throw new Error(`Switchroom ended with ${how}:\n${this.log.slice(-3000)}`);
    }
  }
}
