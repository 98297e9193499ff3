import { phoneMediaSoundContract } from '../phoneMediaSoundContract.ts';
import { startSoundHarness } from './testing/soundHarness.ts';

phoneMediaSoundContract('embedded, PCMU', () => startSoundHarness('PCMU', 0));
phoneMediaSoundContract('embedded, G722', () => startSoundHarness('G722', 9));
phoneMediaSoundContract('embedded, opus', () => startSoundHarness('opus', 97));
