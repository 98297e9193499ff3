import { phoneMediaSoundContract } from '../../phoneMediaSoundContract.ts';
import { startSoundHarness } from '../testing/soundHarness.ts';

phoneMediaSoundContract('embedded, opus', () => startSoundHarness('opus', 97));
