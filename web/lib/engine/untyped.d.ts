/** Declarations of packages without their own, shared with the node. */
/// <reference path="../../../node/src/transfer/adapters/torrent/untyped.d.ts" />
