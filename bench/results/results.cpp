// SPDX-License-Identifier: Apache-2.0
#include "results/results.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace shm::bench {
namespace {

using Json = nlohmann::json;

std::string name_of(const std::optional<Placement>& placement) {
  return placement ? std::string(to_string(*placement)) : "any";
}

Json json_of(const Spread& spread) {
  return {{"median", spread.median}, {"min", spread.min}, {"max", spread.max}};
}

}  // namespace

Results::Measured& Results::measured(const Case& of, const Metric& metric) {
  for (Measured& one : measured_) {
    if (one.of.question == of.question && one.of.name == of.name && one.metric.name == metric.name)
      return one;
  }
  return measured_.emplace_back(Measured{of, metric, {}});
}

std::vector<Results::Value>& Results::values(Measured& measured, const std::string& implementation) {
  for (Series& series : measured.series) {
    if (series.implementation == implementation) return series.values;
  }
  return measured.series.emplace_back(Series{implementation, {}}).values;
}

void Results::add(const Case& of, const Metric& metric, const std::string& implementation,
                  const Moment& moment, double value) {
  values(measured(of, metric), implementation).push_back({moment, value});
}

void Results::add_curve(const Case& of, const Metric& metric, const std::string& implementation,
                        const Moment& moment, std::vector<Point> curve) {
  const double middle = curve.front().value;
  values(measured(of, metric), implementation).push_back({moment, middle, std::move(curve)});
}

void Results::add_probes(const Case& of, const std::string& implementation, int round, const Probes& probes,
                         bool kept) {
  probed_.push_back({of, implementation, round, probes, kept});
}

void Results::add_failure(const Case& of, const std::string& implementation, const std::string& what) {
  failures_.push_back({of, implementation, what});
}

/// One measured quantity in one placement.
class Results::Rows {
 public:
  Rows(const Measured& measured, const std::string& placement) : measured_(measured), placement_(placement) {}

  [[nodiscard]] std::vector<const Value*> of(const std::string& implementation) const {
    std::vector<const Value*> found;
    for (const Series& series : measured_.series) {
      if (series.implementation != implementation) continue;
      for (const Value& value : series.values) {
        if (name_of(value.moment.placement) == placement_) found.push_back(&value);
      }
    }
    return found;
  }

  [[nodiscard]] std::optional<Spread> spread(const std::string& implementation) const {
    std::vector<double> all;
    for (const Value* value : of(implementation)) all.push_back(value->value);
    if (all.empty()) return {};
    return spread_of(std::move(all));
  }

  /// Above 1: worse than the limit.
  [[nodiscard]] std::optional<Spread> ratio(const std::string& implementation,
                                            const std::string& limit) const {
    std::vector<double> ratios;
    for (const Value* value : of(implementation)) {
      for (const Value* least : of(limit)) {
        if (least->moment.round != value->moment.round || least->value <= 0 || value->value <= 0) continue;
        ratios.push_back(measured_.metric.less_is_better ? value->value / least->value
                                                         : least->value / value->value);
        break;
      }
    }
    if (ratios.empty()) return {};
    return spread_of(std::move(ratios));
  }

  [[nodiscard]] Json case_of(const std::string& implementation) const {
    const std::optional<Spread> spread = this->spread(implementation);
    if (!spread) return {};
    const Case& of = measured_.of;
    Json row{{"question", of.question},
             {"name", of.name},
             {"implementation", implementation},
             {"bytes", of.bytes},
             {"receivers", of.receivers},
             {"idle", of.idle},
             {"wait", of.wait},
             {"rate_hz", of.rate_hz},
             {"items", of.items},
             {"way", of.way},
             {"metric", measured_.metric.name},
             {"unit", measured_.metric.unit},
             {"placement", placement_},
             {"runs", this->of(implementation).size()},
             {"min", spread->min},
             {"median", spread->median},
             {"max", spread->max},
             {"limits", Json::array()}};
    for (const std::string& limit : measured_.metric.limits) {
      if (limit == implementation) continue;
      const std::optional<Spread> against = ratio(implementation, limit);
      if (!against) continue;
      row["limits"].push_back(
          {{"implementation", limit}, {"median", this->spread(limit)->median}, {"ratio", json_of(*against)}});
    }
    const Json curve = curve_of(implementation);
    if (!curve.empty()) row["curve"] = curve;
    return row;
  }

 private:
  /// The median over the rounds, point by point.
  [[nodiscard]] Json curve_of(const std::string& implementation) const {
    Json curve = Json::array();
    const std::vector<const Value*> rounds = of(implementation);
    std::size_t points = SIZE_MAX;
    for (const Value* round : rounds) points = std::min(points, round->curve.size());
    for (std::size_t i = 0; i < points; ++i) {
      std::vector<double> values;
      for (const Value* round : rounds) values.push_back(round->curve[i].value);
      curve.push_back({rounds.front()->curve[i].percentile, median_of(std::move(values))});
    }
    return curve;
  }

  const Measured& measured_;
  std::string placement_;
};

/// The rows of the summary, one measured quantity in one placement after the other.
class Results::Tables {
 public:
  explicit Tables(const std::vector<Implementation>& implementations) {
    for (const Implementation& one : implementations) kinds_[one.is.name] = one.is.kind;
  }

  void add(const Measured& measured, const char* placement) {
    const Rows rows(measured, placement);
    std::string ours;
    std::string best;
    for (const Series& series : measured.series) {
      Json row = rows.case_of(series.implementation);
      if (row.is_null()) continue;
      const Kind kind = kind_of(series.implementation);
      if (kind == Kind::ours) {
        ours = series.implementation;
        add_bar(measured, row);
      } else if (kind == Kind::peer &&
                 (best.empty() || is_ahead(rows, measured, series.implementation, best))) {
        best = series.implementation;
      }
      cases.push_back(std::move(row));
    }
    if (ours.empty() || best.empty() || !measured.metric.is_compared) return;
    if (!is_ahead(rows, measured, best, ours)) return;
    const double our_value = rows.spread(ours)->median;
    const double best_value = rows.spread(best)->median;
    lost.push_back({{"question", measured.of.question},
                    {"name", measured.of.name},
                    {"metric", measured.metric.name},
                    {"placement", placement},
                    {"unit", measured.metric.unit},
                    {"ours", our_value},
                    {"best", best},
                    {"theirs", best_value},
                    {"ratio", std::max(our_value, best_value) / std::min(our_value, best_value)}});
  }

  Json cases = Json::array();
  Json lost = Json::array();
  Json bars = Json::array();

 private:
  [[nodiscard]] Kind kind_of(const std::string& name) const {
    const auto found = kinds_.find(name);
    return found == kinds_.end() ? Kind::limit : found->second;  // what the questions themselves measure
  }

  [[nodiscard]] static bool is_ahead(const Rows& rows, const Measured& measured, const std::string& one,
                                     const std::string& other) {
    const double a = rows.spread(one)->median;
    const double b = rows.spread(other)->median;
    return measured.metric.less_is_better ? a < b : a > b;
  }

  void add_bar(const Measured& measured, const Json& row) {
    if (measured.metric.bar <= 0 || row["limits"].empty()) return;
    const Json& limit = row["limits"][0];
    const double ratio = limit["ratio"]["median"];
    bars.push_back({{"question", measured.of.question},
                    {"name", measured.of.name},
                    {"metric", measured.metric.name},
                    {"placement", row["placement"]},
                    {"limit", limit["implementation"]},
                    {"bar", measured.metric.bar},
                    {"ratio", ratio},
                    {"met", ratio <= measured.metric.bar}});
  }

  std::map<std::string, Kind> kinds_;
};

Json Results::to_json(const std::vector<Implementation>& implementations) const {
  Tables tables(implementations);
  for (const Measured& measured : measured_) {
    for (const char* placement : {"siblings", "near", "far", "any"}) tables.add(measured, placement);
  }
  Json probes = Json::array();
  std::map<std::string, int> placements{{"siblings", 0}, {"near", 0}, {"far", 0}, {"thrown_away", 0}};
  for (const Probed& probed : probed_) {
    const std::string placement(to_string(probed.probes.placement()));
    ++placements[probed.kept ? placement : "thrown_away"];
    probes.push_back({{"question", probed.of.question},
                      {"case", probed.of.name},
                      {"implementation", probed.implementation},
                      {"round", probed.round},
                      {"before_ns", probed.probes.before_ns},
                      {"after_ns", probed.probes.after_ns},
                      {"placement", placement},
                      {"kept", probed.kept}});
  }
  Json failures = Json::array();
  for (const Failure& failure : failures_) {
    failures.push_back({{"question", failure.of.question},
                        {"name", failure.of.name},
                        {"implementation", failure.implementation},
                        {"what", failure.what}});
  }
  return {{"cases", tables.cases}, {"lost", tables.lost},      {"bars", tables.bars},
          {"probes", probes},      {"placements", placements}, {"failures", failures}};
}

}  // namespace shm::bench
