import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { gatewayOutbox, type GatewaySocket } from './GatewayOutbox.ts';

/** Answers nothing until told to. */
class FakeSocket extends EventEmitter {
  readonly answer = Promise.withResolvers<unknown>();
  timeout = (): { emitWithAck: () => Promise<unknown> } => ({
    emitWithAck: () => this.answer.promise,
  });
}

describe('gatewayOutbox()', () => {
  it('stopRecording() ends with the connection, and leaves nothing on the socket', async () => {
    const socket = new FakeSocket();
    const stopping = gatewayOutbox(socket as unknown as GatewaySocket).stopRecording('r1');
    socket.emit('disconnect');
    await expect(stopping).rejects.toThrow('The gateway is gone.');
    expect(socket.listenerCount('disconnect')).toBe(0);
  });

  it('stopRecording() ends with the answer', async () => {
    const socket = new FakeSocket();
    const stopping = gatewayOutbox(socket as unknown as GatewaySocket).stopRecording('r1');
    socket.answer.resolve({ ok: true, value: {} });
    await stopping;
    expect(socket.listenerCount('disconnect')).toBe(0);
  });
});
