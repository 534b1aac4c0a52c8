defmodule Ecto.Adapters.LibSql.Query.Heap do
  @moduledoc false
  # Makes Repo.all of 1,000 structs in a loop about twice as fast: 2.4 times the time of a C loop with this module,
  # 4.7 times without it (tools/bench speed), by keeping room in the heap of a process that reads results of some
  # hundred to some thousand rows again and again.
  #
  # Between the rows of one Repo.all and the structs made of them the VM grows and shrinks such a process's
  # heap at every collection. Blocks of that size come from the operating system and go back to it, so each
  # call meets fresh pages: 110 page faults and 40 % of its time for 1,000 structs (docs/performance.md). A
  # result of that size is therefore noted, and the next Repo.all of its process runs with a least heap size
  # in which another one fits. The flag is set back before Repo.all returns, and the VM shrinks the heap
  # when it next collects. Larger results gain nothing from it, smaller ones do not need it.

  @key __MODULE__
  @fewest_rows 100
  # Words that loading allocates for each word of the rows.
  @factor 4
  # 8 MB.
  @most_words 1_000_000

  @doc "Runs `fun`, a `Repo.all`, with room for as much as this process has read before."
  @spec with_room((() -> result)) :: result when result: term()
  def with_room(fun) do
    case Process.delete(@key) do
      nil -> fun.()
      words -> if limited?(), do: fun.(), else: with_least_size(words, fun)
    end
  end

  @doc "Notes how large a result is."
  @spec note(result) :: result when result: {integer(), [list()] | nil}
  def note({count, [row | _]} = result) when count >= @fewest_rows do
    words = count * words(row) * @factor
    if words <= @most_words, do: Process.put(@key, words)
    result
  end

  def note(result), do: result

  # Two words for a cell, and as many again for each of its value's halves: a small binary, a float.
  defp words(row), do: 2 + 6 * length(row)

  # Who limits a heap decides on its size.
  defp limited?, do: not match?({_, %{size: 0}}, Process.info(self(), :max_heap_size))

  defp with_least_size(words, fun) do
    before = Process.flag(:min_heap_size, words)

    try do
      fun.()
    after
      Process.flag(:min_heap_size, before)
    end
  end
end
