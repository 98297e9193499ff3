import { phoneMediaSoundContract } from '../../phoneMediaSoundContract.ts';
import { startSoundHarness } from '../testing/soundHarness.ts';

phoneMediaSoundContract('embedded, G722', () => startSoundHarness('G722', 9));
