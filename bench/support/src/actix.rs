//! How an application on Actix runs.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, HttpServer};

use crate::{Failure, Settings, ready};

/// Runs an application on as many workers as the settings say; `prepare` is called once, what it answers by each worker.
///
/// # Errors
///
/// Whatever keeps it from starting.
pub fn run<A, T, B>(prepare: impl AsyncFnOnce(&Settings) -> Result<A, Failure>) -> Result<(), Failure>
where
    A: Fn() -> App<T> + Clone + Send + 'static,
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static,
    B: MessageBody + 'static,
{
    let settings = Settings::from_env()?;
    actix_web::rt::System::new().block_on(async {
        let app = prepare(&settings).await?;
        let listener = settings.listen()?;
        let address = listener.local_addr()?;
        let server = HttpServer::new(app).workers(settings.workers).listen(listener)?;
        ready(address)?;
        server.run().await?;
        Ok(())
    })
}
