/**
 * The schemas of `protocol/` write a faster parser as text and turn it into code where a browser lets them. The page's policy does
 * not, and each try would be one more broken rule in the console: the library hears of it before its first schema is made.
 * Imported for its effect, ahead of whatever brings schemas along.
 */
(globalThis as { __zod_globalConfig?: { jitless?: boolean } }).__zod_globalConfig = { jitless: true };
