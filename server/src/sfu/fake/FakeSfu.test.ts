import { sfuContract } from '../sfuContract.ts';
import { FakeSfu } from './FakeSfu.ts';

sfuContract('FakeSfu', async () => new FakeSfu());
