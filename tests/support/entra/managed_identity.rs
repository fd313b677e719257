//! The two services that vouch for a machine: a virtual machine's (IMDS) and App Service's, by plain HTTP.

use std::io::BufReader;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::super::http::{Request, Response};
use super::super::{jwt, listen};
use super::Entra;

/// The value of `IDENTITY_HEADER`; a secret.
pub const HEADER: &str = "not-a-real-identity-header";
/// The client id of the one user-assigned identity.
pub const USER_ASSIGNED: &str = "00003333-cccc-4444-dddd-5555eeee6666";

/// Both services at one port.
pub struct Platform {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    statuses: Arc<Mutex<Vec<u16>>>,
}

impl Platform {
    /// Gives out tokens as this endpoint would.
    pub fn start(entra: &Entra) -> Platform {
        let platform = Platform { port: 0, requests: Arc::default(), statuses: Arc::default() };
        let (requests, statuses) = (Arc::clone(&platform.requests), Arc::clone(&platform.statuses));
        let (key, state) = (entra.key(), Arc::clone(&entra.state));
        let port = listen::serve_plain(move |stream: TcpStream| {
            let mut stream = BufReader::new(stream);
            let Ok(request) = Request::read(&mut stream) else { return };
            requests.lock().unwrap().push(request.clone());
            let mut statuses = statuses.lock().unwrap();
            let response = match statuses.is_empty() {
                true => answer(&request, &key, &state.lock().unwrap().token.clone()),
                false => Response::json(statuses.remove(0), r#"{"error":"busy"}"#),
            };
            let _ = response.write(stream.get_mut());
        });
        Platform { port, ..platform }
    }

    /// For `AZURE_POD_IDENTITY_AUTHORITY_HOST`.
    pub fn machine(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// For `IDENTITY_ENDPOINT`.
    pub fn app_service(&self) -> String {
        format!("http://127.0.0.1:{}/msi/token", self.port)
    }

    /// Statuses of the next answers, in order.
    pub fn fail(&self, statuses: &[u16]) {
        self.statuses.lock().unwrap().extend(statuses);
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn answer(request: &Request, key: &[u8], shape: &jwt::TokenShape) -> Response {
    let refused =
        |words: &str| Response::json(400, json!({"error": "invalid_request", "error_description": words}).to_string());
    let query = request.query();
    let (path, header) = (request.target.split('?').next().unwrap_or_default(), |name: &str| {
        request.headers.get(name).map(String::as_str).unwrap_or_default()
    });
    // What a proxy adds, and the form of a target that only a proxy is sent.
    if request.headers.keys().any(|name| name == "via" || name.starts_with("x-forwarded") || name.starts_with("proxy-"))
    {
        return refused("a request that came through a proxy");
    }
    let version = match path {
        "/metadata/identity/oauth2/token" if header("metadata") == "true" => "2018-02-01",
        "/metadata/identity/oauth2/token" => return refused("Required metadata header not specified"),
        "/msi/token" if header("x-identity-header") == HEADER => "2019-08-01",
        "/msi/token" => return Response::json(401, json!({"statusCode": 401, "message": "Unauthorized"}).to_string()),
        _ => return Response::new(404, "text/html", "<html>not found</html>"),
    };
    if request.method != "GET" || query.get("api-version").map(String::as_str) != Some(version) {
        return refused("the api-version is not supported");
    }
    let resource = "https://outlook.office365.com";
    if query.get("resource").map(String::as_str) != Some(resource) {
        return refused("the resource principal was not found");
    }
    let chosen = ["client_id", "object_id", "msi_res_id", "mi_res_id"].iter().find_map(|name| query.get(*name));
    if chosen.is_some_and(|id| id != USER_ASSIGNED && !id.starts_with("/subscriptions/")) {
        return refused("Identity not found");
    }
    let token = jwt::mint(key, &shape.claims(super::TENANT, chosen.map_or("system", String::as_str)));
    // Numbers are strings here; App Service says only when the token ends.
    let lifetime = shape.lifetime;
    let mut body = json!({"access_token": token, "resource": resource, "token_type": "Bearer"});
    if path == "/msi/token" {
        body["expires_on"] = json!((super::super::clock::now() + lifetime).to_string());
    } else {
        body["expires_in"] = json!(lifetime.to_string());
    }
    Response::json(200, body.to_string())
}
