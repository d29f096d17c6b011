//! A stack with room for what nests as deep as expressions may: the parser takes up to 100 KB for a level of brackets, and an evaluation
//! more for a hundred levels than the stack of an ordinary thread holds.
//!
//! Receives work and hands on what it comes to. Invariant: no expression that is short of the limits overflows a stack.

/// The stack's size in bytes; only what is used is ever backed by memory.
const SIZE: usize = 64 << 20;

/// Does work on a thread of its own and waits for it.
///
/// # Errors
/// Where the system gives no thread.
pub(super) fn large<T: Send>(work: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("cel".to_owned()).stack_size(SIZE).spawn_scoped(scope, work)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
