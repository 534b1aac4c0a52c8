defmodule EctoLibSql.ReplicaHistory do
  @moduledoc false
  # Judges what the clients of a replica have seen. Each write of a client adds one to its own counter and, in the same
  # transaction, one to each of two sums. A history has the events of one client, the oldest first:
  #
  #   {:wrote, :ok | :unknown}           its write has returned, or failed after it may have happened
  #   {:read, left, right, total, own}   one query: both sums, the sum of all counters, its own counter

  @type event ::
          {:wrote, :ok | :unknown} | {:read, integer(), integer(), integer(), integer()}
  @type violation :: {:torn | :went_back | :lost | :invented, event(), non_neg_integer()}

  @doc "What the history breaks, with the event and its place."
  @spec violations([event()]) :: [violation()]
  def violations(history) do
    {found, _known} =
      history
      |> Enum.with_index()
      |> Enum.flat_map_reduce({0, 0, 0}, fn {event, place}, known ->
        {kinds, known} = step(event, known)
        {for(kind <- kinds, do: {kind, event, place}), known}
      end)

    found
  end

  # Known: how many of its writes the client must see, how many it may see, and the newest total that it has seen.
  defp step({:wrote, :ok}, {low, high, newest}), do: {[], {low + 1, high + 1, newest}}
  defp step({:wrote, :unknown}, {low, high, newest}), do: {[], {low, high + 1, newest}}

  defp step({:read, left, right, total, own}, {low, high, newest}) do
    kinds = [
      torn: left != right or left != total,
      went_back: total < newest,
      lost: own < low,
      invented: own > high
    ]

    {for({kind, true} <- kinds, do: kind), {max(own, low), high, max(total, newest)}}
  end
end
