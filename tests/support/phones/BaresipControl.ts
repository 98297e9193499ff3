import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What baresip tells over its control socket; `type` as in `CALL_ESTABLISHED`. */
export interface BaresipEvent {
  type: string;
  param?: string;
}

interface Message {
  event?: boolean;
  response?: boolean;
  type?: string;
  param?: string;
  token?: string;
  ok?: boolean;
  data?: string;
}

/** baresip's `ctrl_tcp`: JSON in netstrings (`<length>:<json>,`). */
export class BaresipControl extends EventEmitter<{ event: [BaresipEvent] }> {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, (message: Message) => void>();
  #unread = Buffer.alloc(0);
  #tokens = 0;

  private constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', () => {}); // baresip ended: its process tells.
  }

  static async connect(port: number): Promise<BaresipControl> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new BaresipControl(socket);
  }

  /** Runs a long command of baresip's menu, e.g. `dial`; rejects when it fails. */
  async command(command: string, params = ''): Promise<string> {
    const token = String(++this.#tokens);
    const json = JSON.stringify({ command, params, token });
    const answer = new Promise<Message>((resolve) => this.#waiting.set(token, resolve));
    this.#socket.write(`${Buffer.byteLength(json)}:${json},`);
    const { ok = false, data = '' } = await answer;
    if (!ok) throw new Error(`baresip did not take "${command}": ${data}`);
    return data;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const colon = this.#unread.indexOf(':');
      if (colon < 0) return;
      const end = colon + 1 + Number(this.#unread.toString('latin1', 0, colon));
      if (!(this.#unread.length > end)) return;
      const message = JSON.parse(this.#unread.toString('utf8', colon + 1, end)) as Message;
      this.#unread = this.#unread.subarray(end + 1);
      this.#handle(message);
    }
  }

  #handle(message: Message): void {
    if (message.event === true && message.type !== undefined) {
      const { type, param } = message;
      this.emit('event', { type, ...(param !== undefined && { param }) });
    } else if (message.token !== undefined) {
      this.#waiting.get(message.token)?.(message);
      this.#waiting.delete(message.token);
    }
  }
}
