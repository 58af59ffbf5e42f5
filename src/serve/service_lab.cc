// The routes of the page: what this server can do, and its lab, read only.
#include "serve/lab_view.h"
#include "serve/service.h"

namespace persea {

void Service::about(const http::Request&, const http::Reply& reply, const Caller& caller) {
  send(reply, caller,
       http::json_response({{"version", PERSEA_VERSION},
                            {"keys", asks_for_keys()},
                            {"feedback", options_.feedback},
                            {"lab", lab_ != nullptr}}));
}

void Service::show(const http::Reply& reply, const Caller& caller, const std::variant<Json, http::ApiError>& shown) {
  if (const auto* error = std::get_if<http::ApiError>(&shown)) return refuse(reply, caller, *error);
  send(reply, caller, http::json_response(std::get<Json>(shown)));
}

void Service::lab_artifacts(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).artifacts(request.query));
}

void Service::lab_artifact(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).artifact(request.parameter("artifact")));
}

void Service::lab_lineage(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).lineage(request.parameter("artifact")));
}

void Service::lab_funnel(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).funnel(request.parameter("artifact")));
}

void Service::lab_decisions(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).decisions(request.parameter("artifact"), request.query));
}

void Service::lab_clusters(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).clusters(request.parameter("artifact"), request.query));
}

void Service::lab_runs(const http::Request&, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).runs());
}

void Service::lab_metrics(const http::Request& request, const http::Reply& reply, const Caller& caller) {
  show(reply, caller, LabView(lab_, lab_mutex_).metrics(request.parameter("run"), request.query));
}

}  // namespace persea
