import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { S3Settings } from '@switchroom/protocol';
import { eventually } from '../eventually.ts';
import { freePort } from '../net/freePort.ts';
import { Child, run } from '../process/Child.ts';
import { cephConfig } from './cephConfig.ts';

export interface BucketOptions {
  /** Made with Object Lock, which brings versions. */
  lock?: boolean;
  versions?: boolean;
}

/**
 * Ceph's object store on loopback, the smallest there can be: a monitor, one OSD that keeps all in memory, and
 * radosgw, which speaks S3. All from Debian, as they run in production.
 */
export class CephServer {
  readonly endpoint: string;
  readonly accessKeyId = 'switchroom-test';
  readonly secretAccessKey = randomBytes(20).toString('hex');
  readonly client: S3Client;
  readonly #directory: string;
  /** The monitor, the OSD, and then radosgw. */
  readonly #processes: Child[] = [];
  #gateway: Child | undefined;

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.endpoint = `http://127.0.0.1:${port}`;
    const { endpoint, accessKeyId, secretAccessKey } = this;
    this.client = new S3Client({
      ...{ endpoint, region: 'us-east-1', forcePathStyle: true },
      requestChecksumCalculation: 'WHEN_REQUIRED',
      credentials: { accessKeyId, secretAccessKey },
    });
  }

  /** Takes some seconds. */
  static async start(): Promise<CephServer> {
    const directory = await mkdtemp(join(tmpdir(), 'ceph-'));
    const [monitorPort, port] = [await freePort(), await freePort()];
    const server = new CephServer(directory, port);
    try {
      await server.#start(monitorPort, port);
      return server;
    } catch (error) {
      await server.close();
      throw error;
    }
  }

  /** The gateway goes away, as in a network that fails; what it keeps stays. */
  async leave(): Promise<void> {
    await this.#gateway?.stop({ signal: 'SIGKILL' });
  }

  /** Silent when it is there. */
  async comeBack(): Promise<void> {
    if (this.#gateway?.running === true) return;
    this.#gateway = this.#spawn('radosgw', ['-n', 'client.rgw']);
    const answers = (): Promise<boolean> =>
      fetch(this.endpoint).then(
        () => true,
        () => false,
      );
    await eventually(answers, { what: 'radosgw to answer', within: 60_000 });
  }

  /** A new bucket, and the settings for it. */
  async bucket({ lock = false, versions = lock }: BucketOptions = {}): Promise<S3Settings> {
    const Bucket = `b-${randomUUID()}`;
    await this.client.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: lock }));
    if (versions && !lock) {
      const VersioningConfiguration = { Status: 'Enabled' } as const;
      await this.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    }
    const { endpoint, accessKeyId, secretAccessKey } = this;
    return {
      ...{ endpoint, accessKeyId, secretAccessKey, bucket: Bucket, prefix: '' },
      ...{ region: 'us-east-1', pathStyle: true, objectLock: 'off' },
    };
  }

  async get({ bucket: Bucket }: S3Settings, Key: string): Promise<Buffer> {
    const { Body } = await this.client.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  }

  async put({ bucket: Bucket }: S3Settings, Key: string, Body: Buffer): Promise<void> {
    await this.client.send(new PutObjectCommand({ Bucket, Key, Body }));
  }

  /** As a deletion does in a bucket with versions: it only marks. */
  async hide({ bucket: Bucket }: S3Settings, Key: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket, Key }));
  }

  /** As somebody does who is killed in the middle. */
  async beginUpload({ bucket: Bucket }: S3Settings, Key: string): Promise<void> {
    await this.client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
  }

  /** Everything under a prefix: versions, marks of deletion, and uploads that were not finished. */
  async everything({ bucket: Bucket }: S3Settings, Prefix = ''): Promise<string[]> {
    const of = { Bucket, Prefix };
    const { Versions = [], DeleteMarkers = [] } = await this.client.send(
      new ListObjectVersionsCommand(of),
    );
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand(of));
    return [...Versions, ...DeleteMarkers, ...Uploads].map(({ Key }) => Key ?? '');
  }

  async close(): Promise<void> {
    this.client.destroy();
    // Nothing of it is needed any more, and the gateway takes its time to end.
    for (const one of [this.#gateway, ...this.#processes.reverse()]) {
      await one?.stop({ signal: 'SIGKILL' });
    }
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #start(monitorPort: number, port: number): Promise<void> {
    const directory = this.#directory;
    const fsid = randomUUID();
    for (const name of ['mon', 'osd', 'rgw']) await mkdir(join(directory, name));
    const path = (name: string): string => join(directory, name);
    await writeFile(path('ceph.conf'), cephConfig({ directory, fsid, monitorPort, port }));
    const keyring = path('keyring');
    const may = (what: string): string[] => ['--cap', what, 'allow *'];
    await run('ceph-authtool', ['-C', keyring, '--gen-key', '-n', 'mon.', ...may('mon')]);
    for (const name of ['client.admin', 'client.rgw', 'osd.0']) {
      await run('ceph-authtool', [keyring, '--gen-key', '-n', name, ...may('mon'), ...may('osd')]);
    }
    const address = `[v2:127.0.0.1:${monitorPort}]`;
    await run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', address, path('monmap')]);
    const config = ['-c', path('ceph.conf')];
    const first = ['--mkfs', '-i', 'a', '--monmap', path('monmap'), '--keyring', keyring];
    await run('ceph-mon', [...config, ...first]);
    this.#processes.push(this.#spawn('ceph-mon', ['-i', 'a']));
    const uuid = randomUUID();
    await run('ceph', [...config, '--connect-timeout', '60', 'osd', 'new', uuid]);
    await run('ceph-osd', [...config, '--mkfs', '-i', '0', '--osd-uuid', uuid]);
    this.#processes.push(this.#spawn('ceph-osd', ['-i', '0']));
    await this.comeBack();
    await run('radosgw-admin', [
      ...[...config, '-n', 'client.rgw', 'user', 'create', '--uid=test', '--display-name=test'],
      ...[`--access-key=${this.accessKeyId}`, `--secret-key=${this.secretAccessKey}`],
    ]);
  }

  #spawn(command: string, args: string[]): Child {
    const config = ['-f', '-c', join(this.#directory, 'ceph.conf')];
    return new Child({ name: command, command, args: [...config, ...args] });
  }
}
