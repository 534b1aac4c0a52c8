defmodule EctoLibSql.Guide do
  @moduledoc false
  # Runs the examples of a guide and compares their values with those that the guide shows.
  #
  # The ```elixir blocks of a guide are one program, evaluated expression by expression in the current
  # folder. Bindings, imports and modules of one block are there in the next. A comment
  #
  #     expression
  #     #=> pattern                     the value has to match
  #     #=> ** (ArgumentError) text     the expression has to raise this, with the text in its message
  #
  # goes on in the lines below it that begin with three blanks. A block that is not simply a part of the
  # program has a comment in the line above it, `<!-- example: WORD -->`:
  #
  #     config      a configuration file: what it sets goes into the application environment
  #     ecto, pool  left out where Ecto or DBConnection are not installed
  #     fragment    part of a file of the reader's, only parsed

  import ExUnit.Assertions, only: [flunk: 1]

  @block ~r/^(?:<!-- example: ([a-z ]+) -->\n)?```elixir\n(.*?)^```/ms

  # Runs a guide and returns the number of its checked values. Processes that it has started are stopped, modules
  # that it has defined are removed.
  def run(path), do: run_alone(File.read!(path), path)

  # Runs the indented examples in a module's documentation, but those with a prompt, which are doctests:
  # those of each function after those of the module itself. Returns the number of programs.
  def run_docs(module) do
    {:docs_v1, _, _, _, text, _, functions} = Code.fetch_docs(module)
    first = indented(text["en"])

    others =
      for {_, _, _, %{"en" => text}, _} <- functions, own = indented(text), own != "", do: own

    for own <- ["" | others], first <> own != "" do
      run_alone("```elixir\n#{first}\n#{own}\n```\n", inspect(module))
    end
    |> length()
  end

  defp indented(text) do
    for [_, block] <- Regex.scan(~r/(?:\A|\n)\n((?:    .*\n|\n)+)/, text <> "\n"),
        not String.starts_with?(String.trim_leading(block), ["iex>", "$ "]),
        into: "",
        do: block <> "\n"
  end

  defp run_alone(text, path) do
    links = links()
    environment = Application.get_all_env(:my_app)

    try do
      run_text(text, path)
    after
      for pid <- links() -- links, do: stop(pid)
      for {key, _} <- Application.get_all_env(:my_app), do: Application.delete_env(:my_app, key)
      Application.put_all_env(my_app: environment)
      forget(path)
    end
  end

  def run_text(text, path) do
    start = {0, [], Code.env_for_eval(file: path)}

    {checks, _binding, _env} =
      for {line, words, code} <- blocks(text), available?(words), reduce: start do
        acc -> block(words, code, line, path, acc)
      end

    checks
  end

  defp blocks(text) do
    for [_block, words, {start, _} = code] <- Regex.scan(@block, text, return: :index) do
      line = text |> binary_part(0, start) |> String.split("\n") |> length()
      {line, text |> part(words) |> String.split(), part(text, code)}
    end
  end

  # A group that matched nothing begins at -1.
  defp part(_text, {-1, 0}), do: ""
  defp part(text, {start, length}), do: binary_part(text, start, length)

  defp available?(words) do
    ("ecto" not in words or Code.ensure_loaded?(Ecto)) and
      ("pool" not in words or Code.ensure_loaded?(DBConnection))
  end

  # --- One block ---

  defp block(["config" | _], code, line, path, acc) do
    code = String.duplicate("\n", line - 1) <> "import Config;" <> code
    settings = Config.Reader.eval!(Path.expand("config/#{Path.basename(path)}"), code, env: :test)
    Application.put_all_env(settings)
    acc
  end

  defp block(words, code, line, path, acc) do
    options = [line: line, file: path, token_metadata: true]
    {quoted, comments} = Code.string_to_quoted_with_comments!(code, options)

    if "fragment" in words do
      acc
    else
      quoted |> expressions() |> pair(checks(comments), path) |> Enum.reduce(acc, &evaluate/2)
    end
  end

  defp expressions({:__block__, _, expressions}), do: expressions
  defp expressions(expression), do: [expression]

  # [{line, text}], a text over several lines as one.
  defp checks(comments) do
    comments
    |> Enum.map(&{&1.line, &1.text})
    |> Enum.reduce([], fn
      # The formatter turns #=> into this at the start of a block; it would check nothing.
      {line, "# =>" <> _}, _done ->
        flunk("line #{line}: write #=>")

      {line, "#=>" <> text}, done ->
        [{line, line, text} | done]

      {line, "#   " <> text}, [{at, last, start} | done] when line == last + 1 ->
        [{at, line, start <> "\n" <> text} | done]

      _comment, done ->
        done
    end)
    |> Enum.reverse()
    |> Enum.map(fn {at, _last, text} -> {at, text} end)
  end

  # Each check belongs to the expression that ends last before it.
  defp pair(expressions, checks, path) do
    pairs =
      for {expression, index} <- Enum.with_index(expressions) do
        {_from, to} = extent(expression)
        next = Enum.at(expressions, index + 1)
        until = if next, do: elem(extent(next), 0), else: :infinity
        {expression, Enum.find(checks, fn {line, _} -> line >= to and line < until end)}
      end

    case checks -- Enum.map(pairs, &elem(&1, 1)) do
      [] -> pairs
      [{line, text} | _] -> flunk("#{path}:#{line}: #=>#{text} follows no expression")
    end
  end

  defp extent(expression) do
    {_, lines} =
      Macro.prewalk(expression, [], fn
        {_, meta, _} = node, lines when is_list(meta) -> {node, meta_lines(meta) ++ lines}
        node, lines -> {node, lines}
      end)

    Enum.min_max(lines, fn -> {0, 0} end)
  end

  defp meta_lines(meta) do
    for at <- [meta, meta[:end], meta[:closing]], line = at[:line], do: line
  end

  # --- One expression ---

  defp evaluate({expression, nil}, {checks, binding, env}) do
    {_value, binding, env} = Code.eval_quoted_with_env(expression, binding, env)
    {checks, binding, env}
  end

  defp evaluate({expression, {line, " ** (" <> raised}}, {checks, binding, env}) do
    [name, text] = String.split(raised, ")", parts: 2)
    module = Module.concat([name])
    text = String.trim(text)

    try do
      Code.eval_quoted_with_env(expression, binding, env)
    rescue
      error ->
        unless error.__struct__ == module and Exception.message(error) =~ text do
          flunk(
            "#{env.file}:#{line}: expected #{name} with #{inspect(text)}, got: #{inspect(error)}"
          )
        end

        {checks + 1, binding, env}
    else
      {value, _, _} -> flunk("#{env.file}:#{line}: expected #{name}, got: #{inspect(value)}")
    end
  end

  defp evaluate({expression, {line, text}}, {checks, binding, env}) do
    {value, binding, env} = Code.eval_quoted_with_env(expression, binding, env)
    pattern = Code.string_to_quoted!(text, line: line, file: env.file)
    matched = quote do: match?(unquote(pattern), var!(guide_value, nil))

    case Code.eval_quoted_with_env(matched, [{:guide_value, value} | binding], env) do
      {true, _, _} -> {checks + 1, binding, env}
      {false, _, _} -> flunk("#{env.file}:#{line}: expected#{text}, got: #{inspect(value)}")
    end
  end

  # --- Afterwards ---

  defp links, do: self() |> Process.info(:links) |> elem(1)

  defp stop(pid) when is_pid(pid) do
    Process.unlink(pid)
    :proc_lib.stop(pid)
  catch
    :exit, _gone -> :ok
  end

  defp stop(_port), do: :ok

  defp forget(path) do
    for {module, _} <- :code.all_loaded(), source(module) == path do
      :code.delete(module)
      :code.purge(module)
    end
  end

  defp source(module) do
    case module.module_info(:compile)[:source] do
      nil -> nil
      source -> List.to_string(source)
    end
  end
end
