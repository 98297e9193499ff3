/* For tests that cross folders. */
export { NO_SEAL, signSeal } from '../format/seal.ts';
export { SigningKey } from '../format/SigningKey.ts';
export { NOT_KEPT, type Content } from '../storage/FileStore.ts';
export { bytesContent } from '../storage/content.ts';
export { storeContract } from '../storage/storeContract.ts';
export { collect, decodeOgg, encode, level, tone } from './sound.ts';
export { play, STARTED_AT, Studio } from './studio.ts';
export { Talker } from './talker.ts';
