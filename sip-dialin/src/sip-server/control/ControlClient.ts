import type { Socket } from 'node:net';
import { parseCommand, type Command } from './command.ts';
import { FrameReader } from './FrameReader.ts';

export interface ControlClientOptions {
  socket: Socket;
  onCommand: (command: Command, client: ControlClient) => void;
  onClose: (client: ControlClient) => void;
}

/** One application on the control port. */
export class ControlClient {
  readonly #options: ControlClientOptions;
  readonly #reader = new FrameReader();
  /** The verbs it asked for, in lower case: `invite`, `cdr:start`, ... */
  readonly routes = new Set<string>();
  authenticated = false;
  #closed = false;

  constructor(options: ControlClientOptions) {
    this.#options = options;
    const { socket } = options;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.close());
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(frame: Buffer): void {
    if (!this.#closed) this.#options.socket.write(frame);
  }

  /** Sends a last message and closes. */
  dismiss(frame: Buffer): void {
    this.send(frame);
    this.#options.socket.end();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.socket.destroy();
    this.#options.onClose(this);
  }

  #onData(chunk: Buffer): void {
    let payloads: Buffer[];
    try {
      payloads = this.#reader.push(chunk);
    } catch {
      this.close();
      return;
    }
    for (const payload of payloads) {
      const command = parseCommand(payload);
      if (command === undefined) this.close();
      if (command === undefined || this.#closed) return;
      this.#options.onCommand(command, this);
    }
  }
}
