defmodule EctoLibSql.ReplicaFile do
  @moduledoc false
  # What stands next to the file of a replica, for the doctor: whose replica it is, and how far it was.
  # native/src/replica/sidecar.h describes both files.

  @protocols ["sqld's replication log", "generations (Turso)", "/pull-updates"]

  @doc "Facts about the replica; none of a file that is not one."
  @spec facts(Path.t()) :: [{String.t(), String.t()}]
  def facts(path) do
    with {:ok, text} <- File.read(path <> "-replica"),
         %{"primary" => primary} = sidecar <- fields(text) do
      latest = latest(sidecar, path)

      [
        {"replica of", primary},
        {"protocol", protocol(latest["protocol"])},
        {"position", position(latest)},
        {"position noted", noted(path)},
        {"lag", "EctoLibSql.stats/1 of a connection knows it, under :replica"}
      ]
    else
      _none -> []
    end
  end

  # The lock file has the position after the last commit, if it goes on from this sidecar.
  defp latest(sidecar, path) do
    with {:ok, text} <- File.read(path <> "-replica.lock"),
         live = fields(text),
         true <- live["serial"] == sidecar["serial"] do
      Map.merge(sidecar, live)
    else
      _none -> sidecar
    end
  end

  defp fields(text) do
    for [_line, name, value] <- Regex.scan(~r/^(\w+) (.*)$/m, text), into: %{} do
      {name, String.trim(value, "\"")}
    end
  end

  defp protocol(number) do
    case Integer.parse(number || "") do
      {index, ""} when index in 0..2 -> Enum.at(@protocols, index)
      _unknown -> "unknown"
    end
  end

  defp position(%{"revision" => revision}) when revision != "", do: "revision #{revision}"

  defp position(%{"frame" => frame, "history" => history}),
    do: "frame #{frame} of the history #{history}"

  defp position(_nothing), do: "none: it has never been synchronised"

  defp noted(path) do
    times =
      for suffix <- ["-replica", "-replica.lock"],
          {:ok, %{mtime: time}} <- [File.stat(path <> suffix)],
          do: NaiveDateTime.from_erl!(time)

    "#{Enum.max(times, NaiveDateTime)} UTC"
  end
end
