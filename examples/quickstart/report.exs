defmodule Quickstart.Report do
  # What the quickstart prints: numbered steps with their time, facts below them, and checks that
  # end the program when they do not hold.

  @width 78

  def title(text), do: IO.puts(["\n", text, "\n", String.duplicate("=", @width)])

  @doc "Runs a step; prints its heading first and the time it took last."
  def step(number, heading, fun) do
    IO.puts("\n#{number}. #{heading}")
    {microseconds, result} = :timer.tc(fun)
    IO.puts(String.pad_leading("took #{duration(microseconds)}", @width))
    result
  end

  @doc "Runs `fun` and prints what it was for and its time on one line."
  def timed(text, fun) do
    {microseconds, result} = :timer.tc(fun)
    fact(text, duration(microseconds))
    result
  end

  def fact(text, value) do
    dots = max(@width - 5 - String.length(text) - String.length(value), 1)
    IO.puts(["   ", text, " ", String.duplicate(".", dots), " ", value])
  end

  def say(text), do: IO.puts(["   ", text])

  @doc "Prints a claim, or ends the program when it is not true."
  def check!(true, claim), do: IO.puts(["   ✓ ", claim])

  def check!(false, claim) do
    IO.puts(:stderr, ["   ✗ not true: ", claim])
    System.halt(1)
  end

  def number(integer) do
    integer
    |> Integer.to_string()
    |> String.replace(~r/\B(?=(\d{3})+$)/, ",")
  end

  def megabytes(bytes), do: "#{:erlang.float_to_binary(bytes / 1_048_576, decimals: 1)} MB"

  def duration(us) when us < 1_000, do: "#{us} µs"

  def duration(us) when us < 1_000_000,
    do: "#{:erlang.float_to_binary(us / 1000, decimals: 1)} ms"

  def duration(us), do: "#{:erlang.float_to_binary(us / 1_000_000, decimals: 2)} s"
end
