// @ts-check
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

/** `npm run bench` and its kind: the first argument is the program, beneath `tests/bench`. */
const [program = 'main.ts', ...args] = process.argv.slice(2);
const { context, node, env } = await setUp('bench');
process.exitCode = await launch(node, [`tests/bench/${program}`, ...args], {
  cwd: context.root,
  env,
});
