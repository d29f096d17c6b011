//! A controller of a custom resource, written with kube-rs, that runs against any kubeconfig: `trueup serve` or a cluster.
//!
//! ```text
//! trueup serve --local ./data --write-kubeconfig ./kubeconfig &
//! KUBECONFIG=./kubeconfig cargo run --example widget_controller &
//! printf '%s\n' 'apiVersion: example.trueup.dev/v1' 'kind: Widget' 'metadata: {name: one}' 'spec: {color: red, size: 3}' > widget.yaml
//! trueup --kubeconfig ./kubeconfig apply -f widget.yaml
//! trueup --kubeconfig ./kubeconfig get widgets,configmaps
//! ```

mod widget;

use futures::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // rustls leaves the choice of a provider to the program.
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "another TLS provider is installed")?;
    let client = kube::Client::try_default().await?;
    widget::install(&client).await?;
    eprintln!("watching widgets");
    let outcomes = widget::controller(&client).shutdown_on_signal();
    let outcomes = outcomes.run(widget::reconcile, widget::on_error, widget::context(client));
    outcomes
        .for_each(|outcome| async move {
            match outcome {
                Ok((widget, _)) => eprintln!("reconciled {widget}"),
                Err(error) => eprintln!("failed: {error}"),
            }
        })
        .await;
    Ok(())
}
