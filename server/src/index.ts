export { createServer, type RunningServer, type ServerDeps } from './createServer.ts';
export { StartError } from './StartError.ts';
