import { openStore, openVaultFiles } from '@switchroom/recordings/vault';
import type { S3Settings } from '@switchroom/protocol';

/* Moves one recording to the store, in a process that can be killed: `moveProcess.ts <vault> <id> <settings>`. */

const [dir = '', recordingId = '', settings = ''] = process.argv.slice(2);
const store = await openStore(JSON.parse(settings) as S3Settings);
const files = openVaultFiles(dir, store);
const keep = { until: null, hold: false };
await files.upload(recordingId, async () => keep, new AbortController().signal);
await files.drop(recordingId);
