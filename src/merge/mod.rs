//! How a change meets an object: JSON patch, merge patch, strategic merge patch, server-side apply and its field managers.
//!
//! Receives documents and a compiled schema, hands back documents and conflicts. Invariant: pure; nothing here reads a clock, a store
//! or the network.
