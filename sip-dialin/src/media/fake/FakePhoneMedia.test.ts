import { describe, expect, it } from 'vitest';
import { phoneMediaContract } from '../phoneMediaContract.ts';
import { FakePhoneMedia } from './FakePhoneMedia.ts';

phoneMediaContract('fake', async () => {
  const media = new FakePhoneMedia();
  return {
    media,
    prompt: 'prompt.wav',
    press: async (leg, _answer, key) => media.leg(leg.id).press(key),
    release: async () => {},
  };
});

describe('FakePhoneMedia', () => {
  it('writes down what it was asked for', async () => {
    const media = new FakePhoneMedia();
    const leg = await media.createLeg('a');
    const room = await media.createRoom('r');
    await leg.play(['welcome.wav']);
    await leg.join('r', 42);
    leg.setMuted(true);
    room.addSource(7);
    expect(media.leg('a')).toMatchObject({
      played: [['welcome.wav']],
      joined: { roomId: 'r', ssrc: 42 },
      muted: true,
    });
    expect([...media.rooms.get('r')!.sources]).toEqual([7]);
    expect(media.rooms.get('r')!.legs.size).toBe(1);

    await media.close();
    expect([media.legs.size, media.rooms.size]).toEqual([0, 0]);
    expect(() => media.leg('a')).toThrow();
  });

  it('writes down loops, volume and what a room says, and gives what a test lets the caller say', async () => {
    const media = new FakePhoneMedia();
    const leg = await media.createLeg('a');
    const room = await media.createRoom('r');
    const fake = media.leg('a');
    void leg.play(['music.wav'], { loop: true });
    expect(fake).toMatchObject({ playing: true, looping: true });
    fake.recorded = Uint8Array.of(1, 2, 3);
    const recording = leg.record(60_000);
    expect(fake).toMatchObject({ playing: false, recording: true });
    leg.stop();
    expect(fake.recording).toBe(false);
    expect(await recording).toBe(fake.recorded);

    await leg.join('r', 1);
    leg.setVolume(-6);
    await room.say('ding.wav');
    await room.say(fake.recorded, { legId: 'a' });
    expect(fake.volumeDb).toBe(-6);
    expect(media.rooms.get('r')!.said).toEqual([
      { sound: 'ding.wav', legId: undefined },
      { sound: fake.recorded, legId: 'a' },
    ]);
  });

  it('lets a test decide when a prompt has been heard', async () => {
    const media = new FakePhoneMedia({ promptsEnd: false });
    await media.createLeg('a');
    const leg = media.leg('a');
    const playing = leg.play(['long.wav']);
    expect(leg.playing).toBe(true);
    leg.finishPrompt();
    await expect(playing).resolves.toBe('finished');
    expect(leg.playing).toBe(false);
  });

  it('is unavailable when told so', async () => {
    const media = new FakePhoneMedia();
    media.unavailable = true;
    await expect(media.createLeg('a')).rejects.toMatchObject({ code: 'media-unavailable' });
    await expect(media.createRoom('r')).rejects.toMatchObject({ code: 'media-unavailable' });
  });
});
