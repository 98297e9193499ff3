import { AppError } from '@switchroom/protocol';
import { AUDIO_LEVEL_URI, OPUS_CODEC } from '../opus.ts';
import type { MediaRouter, Sfu } from '../Sfu.ts';
import { FakeRouter } from './FakeRouter.ts';

/** An SFU that forwards nothing: for tests of all that stands on the interface. */
export class FakeSfu implements Sfu {
  readonly rtpCapabilities = {
    codecs: [{ ...OPUS_CODEC }],
    headerExtensions: [{ kind: 'audio', uri: AUDIO_LEVEL_URI, preferredId: 1 }],
  };
  readonly workers = { up: 1, wanted: 1 };
  readonly routers: FakeRouter[] = [];
  #closed = false;

  async createRouter(): Promise<MediaRouter> {
    if (this.#closed) throw new AppError('media-unavailable', 'The media server has ended.');
    const router = new FakeRouter();
    this.routers.push(router);
    return router;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.workers.up = 0;
    for (const router of this.routers) router.close();
  }
}
