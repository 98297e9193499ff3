// @ts-check
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

const { context, node, env } = await setUp('start');
process.exitCode = await launch(node, ['scripts/run.ts'], { cwd: context.root, env });
