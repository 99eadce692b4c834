//! The documents that describe the authority: OpenID Connect discovery and signing keys, for v1.0 and v2.0, and with
//! `{tenantid}` left open for `common` and `organizations`.

use hyper::StatusCode;
use serde_json::json;

use super::super::directory::{OTHER_TENANT_ID, TENANT_ID, TenantName};
use super::super::http::{self, Answer};
use super::super::world::World;
use super::tokens::{issuer_v1, issuer_v2};

const DOCUMENT_V1: &str = ".well-known/openid-configuration";
const DOCUMENT_V2: &str = "v2.0/.well-known/openid-configuration";
const KEYS_V1: &str = "discovery/keys";
const KEYS_V2: &str = "discovery/v2.0/keys";

pub fn has(endpoint: &str) -> bool {
    matches!(endpoint, DOCUMENT_V1 | DOCUMENT_V2 | KEYS_V1 | KEYS_V2)
}

pub fn respond(endpoint: &str, tenant: TenantName, world: &World) -> Answer {
    let (path, issuer_tenant) = match tenant {
        TenantName::This => (TENANT_ID, TENANT_ID),
        TenantName::Other => (OTHER_TENANT_ID, OTHER_TENANT_ID),
        TenantName::Any => ("common", "{tenantid}"),
    };
    let issuer = match endpoint {
        DOCUMENT_V1 | KEYS_V1 => issuer_v1(issuer_tenant),
        _ => issuer_v2(world, issuer_tenant),
    };
    let document = match endpoint {
        KEYS_V1 | KEYS_V2 => world.entra.keys.jwks(&issuer),
        DOCUMENT_V1 => {
            json!({"issuer": issuer, "jwks_uri": format!("{}/{path}/{KEYS_V1}", world.base_url())})
        }
        _ => {
            let at = |endpoint: &str| format!("{}/{path}/{endpoint}", world.base_url());
            json!({
                "token_endpoint": at("oauth2/v2.0/token"),
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
                "jwks_uri": at(KEYS_V2),
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
                "issuer": issuer,
                "request_uri_parameter_supported": false,
                "authorization_endpoint": at("oauth2/v2.0/authorize"),
                "device_authorization_endpoint": at("oauth2/v2.0/devicecode"),
                "http_logout_supported": true,
                "frontchannel_logout_supported": true,
                "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "preferred_username", "name", "tid", "ver"],
            })
        }
    };
    http::json(StatusCode::OK, &document)
}
