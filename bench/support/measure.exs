defmodule LibsqlBench.Measure do
  @moduledoc false
  # Clocks, medians and workers. Each measurement runs in a new process, so that it does not
  # start with the heap of another.

  @repetitions 7

  @doc """
  Runs both sides in turns; the medians of what they return (nanoseconds per operation). A single call
  that takes milliseconds needs more repetitions than a long loop.
  """
  def interleave(raw, ours, repetitions \\ @repetitions) do
    [raw, ours] = in_turns([raw, ours], repetitions)
    {raw, ours}
  end

  @doc "The same for any number of sides; the first is a program of its own."
  def in_turns([raw | sides], repetitions \\ @repetitions) do
    rounds = for _ <- 1..repetitions, do: [raw.() | Enum.map(sides, &in_fresh_process/1)]
    rounds |> Enum.zip_with(& &1) |> Enum.map(&median/1)
  end

  @doc "Nanoseconds that `fun` takes."
  def time(fun) do
    start = System.monotonic_time(:nanosecond)
    fun.()
    System.monotonic_time(:nanosecond) - start
  end

  def in_fresh_process(fun), do: fun |> Task.async() |> Task.await(:infinity)

  @doc """
  Runs `count` workers: each calls `prepare.(number)` first, and when all have, `work.(prepared)`.
  Returns `{nanoseconds from the start to the last one's end, results}`.
  """
  def workers(count, prepare, work) do
    parent = self()

    tasks =
      for number <- 0..(count - 1) do
        Task.async(fn ->
          prepared = prepare.(number)
          send(parent, {:ready, number})

          receive do
            :go -> work.(prepared)
          end
        end)
      end

    for number <- 0..(count - 1) do
      receive do
        {:ready, ^number} -> :ok
      after
        30_000 -> raise "worker #{number} did not get ready"
      end
    end

    start = System.monotonic_time(:nanosecond)
    for task <- tasks, do: send(task.pid, :go)
    results = Task.await_many(tasks, :infinity)
    {System.monotonic_time(:nanosecond) - start, results}
  end

  def median(values), do: percentile(values, 50)

  def percentile(values, percent) do
    sorted = Enum.sort(values)
    Enum.at(sorted, div((length(sorted) - 1) * percent, 100))
  end
end
