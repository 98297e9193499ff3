import { ortc } from 'mediasoup';
import type { types } from 'mediasoup';
import { AUDIO_LEVEL_URI, OPUS_CODEC } from '../opus.ts';

/** mediasoup's own type of our one codec. */
export const MEDIA_CODECS: types.RouterRtpCodecCapability[] = [{ ...OPUS_CODEC }];

/** The capabilities that every router will have, without a router. */
export function routerCapabilities(): types.RtpCapabilities {
  return ortc.generateRouterRtpCapabilities(MEDIA_CODECS);
}

/** RFC 8285 id under which routers take and send the RFC 6464 level. */
export function audioLevelExtensionId(capabilities: types.RtpCapabilities): number {
  const extension = capabilities.headerExtensions?.find(
    (candidate) => candidate.kind === 'audio' && candidate.uri === AUDIO_LEVEL_URI,
  );
  if (extension === undefined) throw new Error('mediasoup has no audio level extension');
  return extension.preferredId;
}
