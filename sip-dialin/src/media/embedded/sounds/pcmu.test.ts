import { phoneMediaSoundContract } from '../../phoneMediaSoundContract.ts';
import { startSoundHarness } from '../testing/soundHarness.ts';

phoneMediaSoundContract('embedded, PCMU', () => startSoundHarness('PCMU', 0));
