// @ts-check
import path from 'node:path';
import { launch } from './launch.mjs';
import { setUp } from './setup/setup.mjs';

const { context, node, env } = await setUp('phone');
const program = path.join(context.root, 'sip-dialin/src/phone/main.ts');
// From where the user stands: npm goes to the checkout, and --play and --save name files.
process.exitCode = await launch(node, [program, ...process.argv.slice(2)], {
  cwd: env.INIT_CWD || process.cwd(),
  env,
});
