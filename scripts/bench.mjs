// @ts-check
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

const { context, node, env } = await setUp('bench');
process.exitCode = await launch(node, ['tests/bench/main.ts', ...process.argv.slice(2)], {
  cwd: context.root,
  env,
});
