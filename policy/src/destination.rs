//! Where a forward may go.
