//! The server on loopback: listeners, their demands, the endpoints behind them.

mod delivery;
mod demands;
mod listener;
mod message;
mod proxy;
mod router;
mod tls;

pub use demands::{ListenerOptions, Tls};
pub(crate) use listener::Listener;
pub use message::Request;
pub(crate) use message::Response;
pub(crate) use router::Router;
pub use router::{RecordedRequest, TlsFacts};
