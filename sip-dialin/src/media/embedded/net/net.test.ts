import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RtpAddress } from '../../PhoneMedia.ts';
import type { RemoteAudio } from '../../sdp/audio.ts';
import { writeRtp } from '../rtp/packet.ts';
import { writeReceiverReport } from '../rtp/rtcp.ts';
import { Latch, LEFT_MS, RELATCH_AFTER_MS, RELATCH_SAME_HOST_AFTER_MS } from './Latch.ts';
import { LegSocket } from './LegSocket.ts';
import { PortPool } from './PortPool.ts';
import { bindUdp } from './bindUdp.ts';

const HOST = '127.0.0.1';
const ANY = { min: 0, max: 0 };
const open: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(what: T): T => {
  open.push(what);
  return what;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((what) => what.close()));
});

describe('Latch', () => {
  const a = { ip: '192.0.2.1', port: 4000 };
  const b = { ip: '192.0.2.2', port: 4000 };
  const c = { ip: '192.0.2.3', port: 4000 };

  it('takes the first, and no stranger while that is heard', () => {
    const latch = new Latch();
    expect(latch.admit(a, 0)).toBe('new');
    expect(latch.admit({ ...a }, 20)).toBe('same');
    expect(latch.admit(b, 40)).toBe('stranger');
    expect(latch.admit({ ...a, port: 4002 }, 60)).toBe('stranger');
    expect(latch.source).toEqual(a);
  });

  it('lets another port of the same host in after a short silence', () => {
    const latch = new Latch();
    latch.admit(a, 0);
    const moved = { ...a, port: 4002 };
    expect(latch.admit(moved, RELATCH_SAME_HOST_AFTER_MS)).toBe('stranger');
    expect(latch.admit(moved, RELATCH_SAME_HOST_AFTER_MS + 1)).toBe('new');
  });

  it('lets another in after a long silence, or once released', () => {
    const latch = new Latch();
    latch.admit(a, 0);
    expect(latch.admit(b, RELATCH_AFTER_MS)).toBe('stranger');
    expect(latch.admit(b, RELATCH_AFTER_MS + 1)).toBe('new');
    latch.release(a);
    expect(latch.admit(a, RELATCH_AFTER_MS + 2)).toBe('new');
  });

  it('goes back to whom it heard first, whenever that is heard again', () => {
    const latch = new Latch();
    latch.admit(a, 0);
    expect(latch.admit(b, RELATCH_AFTER_MS + 1)).toBe('new');
    expect(latch.admit(a, RELATCH_AFTER_MS + 2)).toBe('new');
    expect(latch.admit(b, RELATCH_AFTER_MS + 3)).toBe('stranger');
  });

  it('is taken at once by the place that SDP names, whoever was sooner', () => {
    const latch = new Latch();
    latch.release(a);
    expect(latch.admit(b, 0)).toBe('new');
    expect(latch.isNamed).toBe(false);
    expect(latch.admit(a, 1)).toBe('new');
    expect(latch.isNamed).toBe(true);
    expect(latch.admit(b, 2)).toBe('stranger');
  });

  it('takes no other host once the place that SDP names was heard, however long that is silent', () => {
    const latch = new Latch();
    latch.release(a);
    latch.admit(a, 0);
    expect(latch.admit(b, 100 * RELATCH_AFTER_MS)).toBe('stranger');
    expect(latch.admit({ ...a, port: 4002 }, 100 * RELATCH_AFTER_MS)).toBe('new');
    latch.release(b);
    expect(latch.admit(b, 100 * RELATCH_AFTER_MS)).toBe('new');
  });

  it('is not taken by the place that the caller has left, but in the end goes back to it', () => {
    const latch = new Latch();
    latch.admit(a, 0);
    latch.release(c, 10);
    expect(latch.admit(a, 20)).toBe('stranger');
    expect(latch.source).toBeUndefined();
    expect(latch.admit(b, 30)).toBe('new');
    expect(latch.admit(a, 40)).toBe('stranger');
    latch.release(c, 50);
    expect(latch.admit(b, 50 + LEFT_MS)).toBe('stranger');
    expect(latch.admit(b, 51 + LEFT_MS)).toBe('new');
  });
});

describe('PortPool', () => {
  it('gives an even port and the next', async () => {
    const { rtp, rtcp } = await new PortPool(HOST, ANY).openPair();
    keep(rtp);
    keep(rtcp);
    expect(rtp.local.port % 2).toBe(0);
    expect(rtcp.local.port).toBe(rtp.local.port + 1);
  });

  it('passes over taken ports, and says when none is left', async () => {
    const taken = await new PortPool(HOST, ANY).openPair();
    keep(taken.rtp);
    const { port } = taken.rtp.local;
    const pool = new PortPool(HOST, { min: port, max: port + 1 });
    await expect(pool.openPair()).rejects.toMatchObject({ code: 'media-unavailable' });
    await taken.rtp.close();
    await taken.rtcp.close();
    const again = await pool.openPair();
    keep(again.rtp);
    keep(again.rtcp);
    expect(again.rtp.local.port).toBe(port);
    await expect(pool.openPair()).rejects.toMatchObject({ code: 'media-unavailable' });
    await expect(new PortPool(HOST, { min: port, max: port }).openPair()).rejects.toThrow();
  });
});

describe('PortPool on an address that is not ours', () => {
  it('says so, and not that all ports are taken', async () => {
    await expect(new PortPool('192.0.2.1', ANY).openPair()).rejects.toMatchObject({
      code: 'media-unavailable',
      message: expect.stringContaining('192.0.2.1 (EADDRNOTAVAIL): SIP_HOST') as string,
    });
  });
});

describe('LegSocket', () => {
  const remoteAt = (rtp: RtpAddress, rtcp = rtp): RemoteAudio => ({
    index: 0,
    rtp,
    rtcp,
    rtcpMux: false,
    direction: 'sendrecv',
    codec: 'PCMU',
    payloadType: 0,
    eventPayloadType: undefined,
    eventClockRate: 8000,
    usesDtx: false,
    ptimeMs: undefined,
  });
  const rtp = (payloadType: number, sequenceNumber: number): Uint8Array =>
    writeRtp({ payloadType, sequenceNumber, timestamp: 0, ssrc: 1, payload: new Uint8Array(160) });

  async function setUp() {
    const heard: number[] = [];
    const reports: string[] = [];
    const socket = keep(
      new LegSocket(await new PortPool(HOST, ANY).openPair(), {
        kindOf: ({ payloadType }) =>
          payloadType === 0 ? 'media' : payloadType === 101 ? 'key' : undefined,
        onRtp: (packet) => heard.push(packet.sequenceNumber),
        onRtcp: (packets) => reports.push(...packets.map(({ type }) => type)),
      }),
    );
    const [phone, natted, stranger] = await Promise.all(
      [0, 0, 0].map(async () => keep(await bindUdp(HOST, 0))),
    );
    const got = new Map([phone!, natted!, stranger!].map((port) => [port, 0]));
    for (const port of got.keys()) port.onMessage = () => got.set(port, got.get(port)! + 1);
    const to = { ip: HOST, port: socket.port };
    return { socket, heard, reports, phone: phone!, natted: natted!, stranger: stranger!, got, to };
  }

  it('sends where SDP says, then where the first valid packet came from, and nowhere else', async () => {
    const { socket, heard, phone, natted, stranger, got, to } = await setUp();
    socket.setRemote(remoteAt(phone.local));
    socket.sendRtp(rtp(0, 1));
    await vi.waitFor(() => expect(got.get(phone)).toBe(1));

    stranger.send(Buffer.from('garbage'), to);
    stranger.send(rtp(99, 1), to);
    natted.send(rtp(0, 7), to);
    await vi.waitFor(() => expect(heard).toEqual([7]));
    expect(socket.stats).toMatchObject({ malformed: 1, foreign: 1, strangers: 0 });

    stranger.send(rtp(0, 8), to);
    natted.send(rtp(0, 9), to);
    await vi.waitFor(() => expect(heard).toEqual([7, 9]));
    socket.sendRtp(rtp(0, 2));
    await vi.waitFor(() => expect(got.get(natted)).toBe(1));
    expect([got.get(phone), got.get(stranger)]).toEqual([1, 0]);
  });

  it('takes keys, and keys alone, from another port of the caller, until it is in a room', async () => {
    const { socket, heard, phone, natted, got, to } = await setUp();
    socket.setRemote(remoteAt(phone.local));
    natted.send(rtp(101, 1), to);
    phone.send(rtp(0, 2), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2]));
    natted.send(rtp(101, 3), to);
    natted.send(rtp(0, 66), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]));
    await vi.waitFor(() => expect(socket.stats.strangers).toBe(1));
    socket.sendRtp(rtp(0, 1));
    await vi.waitFor(() => expect(got.get(phone)).toBe(1));

    socket.dedicate(true);
    phone.send(rtp(0, 4), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3, 4]));
    natted.send(rtp(101, 66), to);
    phone.send(rtp(0, 5), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3, 4, 5]));
    socket.dedicate(false);
    natted.send(rtp(101, 6), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3, 4, 5, 6]));
  });

  it('follows the caller after a re-INVITE to another address, not after one to the same', async () => {
    const { socket, heard, phone, natted, stranger, to } = await setUp();
    socket.setRemote(remoteAt(phone.local));
    phone.send(rtp(0, 1), to);
    await vi.waitFor(() => expect(heard).toEqual([1]));
    socket.setRemote(remoteAt(phone.local));
    stranger.send(rtp(0, 66), to);
    phone.send(rtp(0, 2), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2]));
    socket.setRemote(remoteAt(natted.local));
    // What comes late, or from the phone whose place another one takes, does not keep that one out.
    phone.send(rtp(0, 66), to);
    natted.send(rtp(0, 3), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]));
  });

  it('goes on with the same stream after a hold that names no address', async () => {
    const { socket, heard, phone, to } = await setUp();
    socket.setRemote(remoteAt(phone.local));
    phone.send(rtp(0, 1), to);
    await vi.waitFor(() => expect(heard).toEqual([1]));
    socket.setRemote({ ...remoteAt(phone.local), rtp: undefined });
    socket.setRemote(remoteAt(phone.local));
    phone.send(rtp(0, 2), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2]));
  });

  it('reads RTCP on both ports, and sends it beside RTP', async () => {
    const { socket, reports, phone, natted, got, to } = await setUp();
    socket.setRemote(remoteAt(phone.local, natted.local));
    phone.send(writeReceiverReport(1, []), { ip: HOST, port: socket.port + 1 });
    phone.send(writeReceiverReport(1, []), to);
    phone.send(Buffer.from([0x80, 0xc9, 0, 9]), to);
    await vi.waitFor(() => expect(reports).toEqual(['rr', 'rr']));
    await vi.waitFor(() => expect(socket.stats.malformed).toBe(1));
    socket.sendRtcp(writeReceiverReport(1, []));
    await vi.waitFor(() => expect(got.get(natted)).toBe(1));
  });

  it('hears others again when its source has been silent for long', async () => {
    const { socket, heard, phone, natted, to } = await setUp();
    socket.setRemote(remoteAt(phone.local));
    socket.dedicate(true);
    phone.send(rtp(0, 1), to);
    await vi.waitFor(() => expect(heard).toEqual([1]));
    socket.housekeep(performance.now() + RELATCH_AFTER_MS + 100);
    natted.send(rtp(0, 66), to);
    phone.send(rtp(0, 2), to);
    await vi.waitFor(() => expect(heard).toEqual([1, 2]));
    expect(socket.stats.strangers).toBe(1);
  });

  it.each([false, true])(
    'is the caller’s again as soon as it speaks, though a stranger was sooner (in a room: %s)',
    async (inRoom) => {
      const { socket, heard, phone, got, to } = await setUp();
      const stranger = keep(await bindUdp('127.0.0.9', 0));
      const strangerGot = vi.fn();
      stranger.onMessage = strangerGot;
      socket.setRemote(remoteAt(phone.local));
      socket.dedicate(inRoom);
      stranger.send(rtp(0, 1), to);
      await vi.waitFor(() => expect(heard).toEqual([1]));
      phone.send(rtp(0, 2), to);
      await vi.waitFor(() => expect(heard).toEqual([1, 2]));
      stranger.send(rtp(0, 66), to);
      phone.send(rtp(0, 3), to);
      await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]));
      socket.sendRtp(rtp(0, 1));
      await vi.waitFor(() => expect(got.get(phone)).toBe(1));
      expect(strangerGot).not.toHaveBeenCalled();
    },
  );
});
