//! Where `tiny_http` listens behind the gate: in a folder that only this user may enter, so that nobody gets past
//! the gate to a server without limits. Where there are no such sockets, a port of its own has to do.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tiny_http::Server;

/// `tiny_http`, and how the gate reaches it.
pub(super) struct Backend {
    pub(super) server: Arc<Server>,
    pub(super) address: Address,
    /// Removed with the last who needs it.
    #[cfg(unix)]
    _folder: Option<tempfile::TempDir>,
}

/// How the gate reaches `tiny_http`.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// A socket in a folder of this user's.
    #[cfg(unix)]
    Private(std::path::PathBuf),
    /// A port that nobody is told; who finds it is not believed, but not kept out either.
    Port(SocketAddr),
}

impl Backend {
    /// Starts `tiny_http`.
    pub(super) fn start() -> io::Result<Self> {
        #[cfg(unix)]
        match Self::private() {
            Ok(backend) => return Ok(backend),
            // A temporary folder whose name is too long for a socket, for example.
            Err(error) => log::debug!("no private socket: {error}"),
        }
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = Address::Port(listener.local_addr()?);
        let server = Server::from_listener(listener, None).map(Arc::new).map_err(io::Error::other)?;
        Ok(Self {
            server,
            address,
            #[cfg(unix)]
            _folder: None,
        })
    }

    #[cfg(unix)]
    fn private() -> io::Result<Self> {
        use std::fs::Permissions;
        use std::os::unix::fs::PermissionsExt;
        use std::os::unix::net::UnixListener;

        let folder =
            tempfile::Builder::new().prefix("m365d-").permissions(Permissions::from_mode(0o700)).tempdir()?;
        let path = folder.path().join("loopback");
        let listener = UnixListener::bind(&path)?;
        let server = Server::from_listener(listener, None).map(Arc::new).map_err(io::Error::other)?;
        Ok(Self { server, address: Address::Private(path), _folder: Some(folder) })
    }
}
