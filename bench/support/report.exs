defmodule LibsqlBench.Report do
  @moduledoc false
  # The rows of `make bench`: printed as they come, written to bench.json at the end. The last column is
  # the ratio of a peer that did the same work in the same run.

  @columns [58, 12, 12, 9, 9, 14]

  def header(peer \\ "") do
    IO.puts(line(["workload", "raw C", "driver", "ratio", "goal", peer]))
    IO.puts(String.duplicate("-", Enum.sum(@columns) + 10))
  end

  @doc """
  A row from two medians in nanoseconds per operation. With `better: :lower` the ratio is driver/C in
  time, with `:higher` driver/C in throughput.
  """
  def timed(workload, {raw, ours}, better, goal), do: timed(workload, [raw, ours], better, goal)

  def timed(workload, [raw, ours | peer], better, goal) do
    ratio = &if(better == :lower, do: &1 / raw, else: raw / &1)
    durations = {duration(raw), duration(ours)}
    row(workload, ratio.(ours), better, goal, durations, Enum.map(peer, ratio))
  end

  @doc "A row that is no comparison of times: counts, percentiles."
  def row(workload, ratio, better, goal, {raw, ours} \\ {"", ""}, peer \\ []) do
    met = if better == :lower, do: ratio <= goal, else: ratio >= goal
    sign = if better == :lower, do: "<= ", else: ">= "
    mark = if met, do: "", else: "  MISSED"
    cells = [workload, raw, ours, number(ratio), sign <> number(goal)] ++ Enum.map(peer, &peer/1)
    IO.puts(line(cells) <> mark)
    %{workload: workload, ratio: ratio, goal: goal, better: better, met: met, peer: peer}
  end

  def skipped(workload, better, goal, reason) do
    IO.puts(String.pad_trailing(workload, hd(@columns)) <> "  skipped: " <> reason)
    %{workload: workload, goal: goal, better: better, skipped: reason}
  end

  def write_json(rows, path) do
    File.write!(path, ["[\n", rows |> Enum.map(&json/1) |> Enum.intersperse(",\n"), "\n]\n"])
  end

  defp json(row) do
    outcome =
      case row do
        %{skipped: reason} -> ~s("ratio": null, "skipped": #{string(reason)})
        %{ratio: ratio, peer: []} -> ~s("ratio": #{rounded(ratio)})
        %{ratio: ratio, peer: [peer]} -> ~s("ratio": #{rounded(ratio)}, "peer": #{rounded(peer)})
      end

    ~s(  {"workload": #{string(row.workload)}, #{outcome}, "goal": #{row.goal}, "better": "#{row.better}"})
  end

  defp rounded(ratio), do: Float.round(ratio / 1, 6)

  # The texts are fixed: only quotes and backslashes can need escaping.
  defp string(text), do: [?", String.replace(text, ["\\", "\""], &("\\" <> &1)), ?"]

  defp line(cells) do
    [first | rest] = Enum.zip(cells, @columns)
    padded = for {cell, width} <- rest, do: String.pad_leading(cell, width)
    Enum.join([String.pad_trailing(elem(first, 0), elem(first, 1)) | padded], "  ")
  end

  defp number(value) when is_integer(value), do: Integer.to_string(value)
  defp number(value), do: :erlang.float_to_binary(value, decimals: 2)

  defp peer(ratio) when ratio < 0.005, do: :erlang.float_to_binary(ratio, decimals: 5)
  defp peer(ratio), do: number(ratio)

  defp duration(ns) when ns < 100_000, do: "#{number(ns / 1000)} us"
  defp duration(ns), do: "#{number(ns / 1_000_000)} ms"
end
