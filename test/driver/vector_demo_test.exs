defmodule EctoLibSql.VectorDemoTest do
  # The demo of vectors on real data; it checks what it prints.
  use EctoLibSql.DriverCase, async: false

  alias EctoLibSql.Digits

  @moduletag timeout: 300_000

  @tag :digits
  @tag :local
  test "the demo recognises handwritten digits and draws their neighbours" do
    picture = temp_file() <> ".png"
    script = "examples/vector_demo/vector_demo.exs"
    args = ["run", "--no-compile", script, Digits.package(), picture]
    env = [{"MIX_ENV", to_string(Mix.env())}]
    assert {output, 0} = System.cmd("mix", args, env: env, stderr_to_stdout: true)
    assert [_all, share] = Regex.run(~r/([\d.]+) % are recognised/, output)
    assert String.to_float(share) > 90

    assert <<0x89, "PNG\r\n", 0x1A, "\n", 13::32, "IHDR", width::32, height::32, _rest::binary>> =
             File.read!(picture)

    assert {width, height} == {614, 1588}
  end
end
