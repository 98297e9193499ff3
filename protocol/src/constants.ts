/*
 * Values that the browser app takes. They stand apart from the schemas: of a module that nothing is taken
 * from, the bundle has nothing, and so no zod, whose `new Function` the content security policy refuses.
 */

/** The socket.io namespace of browsers. */
export const MEET_NAMESPACE = '/meet';

export const RECORDING_POLICIES = ['off', 'on-demand', 'always'] as const;

/** How much of a caller's number the others see. */
export const NUMBER_PRIVACIES = ['whole', 'last-four', 'none'] as const;
