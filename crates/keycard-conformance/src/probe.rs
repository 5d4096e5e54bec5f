//! Whether a store has an index, asked of its type where the type is known.

use std::marker::PhantomData;

use keycard::store::UserIndex;

/// A store that an expression would make; it is never evaluated.
#[derive(Debug)]
pub struct Made<S>(PhantomData<S>);

impl<S> Made<S> {
    /// Of what the expression would be.
    #[must_use]
    pub fn by<F: Future<Output = S>>(_: impl FnOnce() -> F) -> Self {
        Self(PhantomData)
    }
}

/// A method of the type goes before a trait's of that name: this is called of a store with an index.
impl<S: UserIndex> Made<S> {
    /// Fails.
    pub fn assert_without_index(&self) {
        panic!("the store has an index: mount `indexed_store_laws!`, which proves law 5 too");
    }
}

/// And this of any other.
pub trait WithoutIndex {
    /// Passes.
    fn assert_without_index(&self) {}
}

impl<S> WithoutIndex for Made<S> {}
